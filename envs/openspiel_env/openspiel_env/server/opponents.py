"""Who plays the other players, by the names that ``reset`` takes.

A client picks one of these names and nothing else. Whoever serves the environment may add to them::

    create_app(partial(OpenSpielEnvironment, opponents={**OPPONENTS, "timid": timid}))
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random
from types import MappingProxyType

import pyspiel
from openenv.errors import RequestValidationError

from openspiel_env.policies import GAMES, KnownGoodPolicy
from openspiel_env.server.view import observe

Opponent = Callable[[pyspiel.State, int, Random], int]
"""Moves for a player: takes the state, the player's number and what to draw from, returns a legal action."""

Position = tuple[int, str, tuple[float, ...]]

MAX_POSITIONS = 10_000
MAX_LENGTH = 100


def _random(game: pyspiel.Game) -> Opponent:
    return lambda state, player, random: random.choice(state.legal_actions(player))


def _first(game: pyspiel.Game) -> Opponent:
    return lambda state, player, random: state.legal_actions(player)[0]


def _last(game: pyspiel.Game) -> Opponent:
    return lambda state, player, random: state.legal_actions(player)[-1]


def _known_good(game: pyspiel.Game) -> Opponent:
    """The policy that agents are compared with, which sees only what its own player sees."""
    name = game.get_type().short_name
    if name not in GAMES or game.num_players() > 2:
        raise RequestValidationError(
            f"opponent_policy known-good does not know {game}; it knows {', '.join(GAMES)}, with at most two players",
            {"games": list(GAMES)},
        )

    def move(state: pyspiel.State, player: int, random: Random) -> int:
        policy = KnownGoodPolicy()
        policy.reset(random.getrandbits(32))
        return policy.act(observe(state, player)).action_id

    return move


def _minimax(game: pyspiel.Game) -> Opponent:
    """Perfect play; one of the best moves where there are several."""
    if not _is_solvable(game.get_type()) or game.num_players() != 2 or game.max_game_length() > MAX_LENGTH:
        raise RequestValidationError(
            f"opponent_policy minimax does not play {game.get_type().short_name}: it needs two players who move in "
            f"turn and see everything, no chance, one's win the other's loss, and at most {MAX_LENGTH} moves"
        )
    values = _values(str(game))

    def move(state: pyspiel.State, player: int, random: Random) -> int:
        sign = 1 if player == 0 else -1
        rated: dict[int, float] = {action: sign * values[_key(state.child(action))] for action in state.legal_actions()}
        best = max(rated.values())
        return random.choice([action for action, value in rated.items() if value == best])

    return move


OPPONENTS: Mapping[str, Callable[[pyspiel.Game], Opponent]] = MappingProxyType(
    {"random": _random, "first": _first, "last": _last, "minimax": _minimax, "known-good": _known_good}
)
"""Each name -> what makes that opponent for a game, or raises where it cannot play it."""


def _is_solvable(kind: pyspiel.GameType) -> bool:
    types = pyspiel.GameType
    return bool(
        kind.dynamics == types.Dynamics.SEQUENTIAL
        and kind.chance_mode == types.ChanceMode.DETERMINISTIC
        and kind.information == types.Information.PERFECT_INFORMATION
        and kind.utility == types.Utility.ZERO_SUM
        and kind.reward_model == types.RewardModel.TERMINAL
    )


@lru_cache(maxsize=16)
def _values(game: str) -> dict[Position, float]:
    """Solve a game, which every session that plays it then shares.

    Args:
        game: OpenSpiel's full name of it.

    Returns:
        Each position -> what player 0 is paid where both play perfectly from there.

    Raises:
        RequestValidationError: It has more than ``MAX_POSITIONS``.
    """
    values: dict[Position, float] = {}

    def solve(state: pyspiel.State) -> float:
        key = _key(state)
        if key in values:
            return values[key]
        if len(values) == MAX_POSITIONS:
            raise RequestValidationError(
                f"opponent_policy minimax does not play {game}: it has more than {MAX_POSITIONS} positions"
            )
        # Taken before its children are known, so that positions in progress count too.
        values[key] = 0.0
        if state.is_terminal():
            values[key] = state.returns()[0]
        else:
            best = max if state.current_player() == 0 else min
            values[key] = best(solve(state.child(action)) for action in state.legal_actions())
        return values[key]

    solve(pyspiel.load_game(game).new_initial_state())
    return values


def _key(state: pyspiel.State) -> Position:
    # In some games the text leaves out something that the tensor has, and the other way round.
    tensor = state.observation_tensor(0) if state.get_game().get_type().provides_observation_tensor else ()
    return state.current_player(), str(state), tuple(tensor)
