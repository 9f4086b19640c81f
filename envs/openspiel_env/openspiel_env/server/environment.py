"""The environment: any of OpenSpiel's games, from the seat of one agent."""

from collections.abc import Callable, Mapping
from random import Random
from secrets import randbelow
from typing import Any

import pyspiel
from openenv import Environment, InvalidActionError
from openenv.errors import RequestValidationError

from openspiel_env.models import MAX_STEPS, GameParams, OpenSpielAction, OpenSpielObservation, OpenSpielState
from openspiel_env.server.loading import load_game
from openspiel_env.server.opponents import OPPONENTS, Opponent
from openspiel_env.server.play import Play


class OpenSpielEnvironment(Environment[OpenSpielAction, OpenSpielObservation, OpenSpielState]):
    """A game of OpenSpiel, which ``reset`` chooses. Chance and the other players move inside.

    Args:
        opponents: Who may play the other players: each name that ``reset`` takes as ``opponent_policy`` ->
            what makes that opponent for a game.
    """

    # Each session gets an instance of its own, and instances share nothing.
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, opponents: Mapping[str, Callable[[pyspiel.Game], Opponent]] = OPPONENTS) -> None:
        super().__init__()
        self._opponents = opponents
        self.reset()

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        game_name: str = "catch",
        game_params: GameParams | None = None,
        agent_player: int = 0,
        opponent_policy: str = "random",
        max_steps: int = MAX_STEPS,
    ) -> OpenSpielObservation:
        """Begin a game.

        Args:
            seed: Decides all chance and all that opponents draw.
            episode_id: A name for the episode.
            game_name: OpenSpiel's short name of the game.
            game_params: Its parameters; those left out have OpenSpiel's defaults.
            agent_player: Which player the agent is, counted from 0.
            opponent_policy: Who plays the other players.
            max_steps: After how many steps the episode is truncated.

        Returns:
            The game at the agent's first decision. Where the others end it before that, the episode is over
            and the observation has the reward.

        Raises:
            RequestValidationError: There is no such game, player or opponent, or they do not fit together.
        """
        state = OpenSpielState.begin(
            episode_id,
            seed=randbelow(2**32) if seed is None else seed,
            game_name=game_name,
            game_params={} if game_params is None else game_params,
            agent_player=agent_player,
            opponent_policy=opponent_policy,
            max_steps=max_steps,
        )
        # Not from the bare seed: a policy that is seeded with it too would draw what decides the deal.
        random = Random(f"openspiel_env {state.seed}")
        try:
            game = load_game(state.game_name, state.game_params, random)
            play = Play(game, _seat(state, game), self._opponent(state, game), random)
            observation = play.observe()
        except pyspiel.SpielError as error:
            raise RequestValidationError(f"{game_name} cannot be played here: {error}") from error
        state.num_players = game.num_players()
        state.game_params = game.get_parameters()
        self._state, self._play = state, play
        return self._completed(observation)

    def step(self, action: OpenSpielAction) -> OpenSpielObservation:
        """Make the agent's move, and everybody else's up to the agent's next decision."""
        self._refuse_the_impossible(action)
        self._play.act(action.action_id)
        self._state.step_count += 1
        return self._completed(self._play.observe())

    @property
    def state(self) -> OpenSpielState:
        """Which game is played, how, and against whom."""
        return self._state

    def _opponent(self, state: OpenSpielState, game: pyspiel.Game) -> Opponent:
        make = self._opponents.get(state.opponent_policy)
        if make is None:
            known = list(self._opponents)
            raise RequestValidationError(
                f"opponent_policy: there is no {state.opponent_policy!r}; there are {', '.join(known)}",
                {"opponents": known},
            )
        return make(game)

    def _refuse_the_impossible(self, action: OpenSpielAction) -> None:
        state, given = self._state, action.model_fields_set
        if "game_name" in given and action.game_name != state.game_name:
            raise InvalidActionError(f"the game is {state.game_name}, and this move is for {action.game_name}")
        differing = {name for name, value in action.game_params.items() if state.game_params.get(name) != value}
        if differing:
            raise InvalidActionError(
                f"the game's parameters are {state.game_params}, and this move is for another {min(differing)}"
            )
        legal = [] if self._is_truncated() else self._play.legal_actions
        if not legal:
            raise InvalidActionError("the episode is over: reset first")
        if action.action_id not in legal:
            raise InvalidActionError(f"{action.action_id} is not possible here", {"legal_actions": legal})

    def _completed(self, observation: OpenSpielObservation) -> OpenSpielObservation:
        """Add the reward and the end to what the agent sees."""
        added: dict[str, Any] = {}
        if self._play.over:
            added = {"terminated": True, "metadata": {"returns": self._play.returns, **self._success(observation)}}
        elif self._is_truncated():
            added = {"truncated": True, "game_phase": "truncated", "legal_actions": [], "action_names": []}
            added["metadata"] = self._success(observation)
        if self._state.step_count or self._play.over:
            added["reward"] = self._reward()
        return observation.model_copy(update=added)

    def _success(self, observation: OpenSpielObservation) -> dict[str, bool]:
        """Say whether the goal of a game is reached, where the sign of the return does not say so."""
        if observation.game_name == "2048":
            return {"success": str(self._state.game_params["max_tile"]) in observation.board.split()}
        if observation.game_name == "cliff_walking":
            return {"success": observation.board.rstrip().endswith("P")}
        return {}

    def _reward(self) -> float:
        paid = self._play.collect()
        # OpenSpiel pays -1 for a ball that is missed.
        return max(paid, 0.0) if self._state.game_name == "catch" else paid

    def _is_truncated(self) -> bool:
        return self._state.step_count >= self._state.max_steps


def _seat(state: OpenSpielState, game: pyspiel.Game) -> int:
    players = game.num_players()
    if state.agent_player >= players:
        raise RequestValidationError(
            f"agent_player: {state.game_name} has {players} players, counted from 0, got {state.agent_player}"
        )
    return state.agent_player
