"""Who plays the other players."""

from functools import partial

import pyspiel
import pytest
from openenv.errors import RequestValidationError

from episodes import at_random, known_good, returns
from openspiel_env import OpenSpielAction
from openspiel_env.models import GameParams
from openspiel_env.server.environment import OpenSpielEnvironment
from openspiel_env.server.opponents import OPPONENTS, Opponent


@pytest.mark.parametrize(("name", "expected"), [("first", "o..\n.x.\n..."), ("last", "...\n.x.\n..o")])
def test_first_and_last_play_that_legal_move(name: str, expected: str) -> None:
    environment = OpenSpielEnvironment()
    environment.reset(game_name="tic_tac_toe", opponent_policy=name)

    seen = environment.step(OpenSpielAction(action_id=4))
    assert seen.board == expected
    assert seen.opponent_last_action == expected.replace("\n", "").index("o")


@pytest.mark.parametrize("seat", [0, 1])
def test_minimax_never_loses(seat: int) -> None:
    options = {"game_name": "tic_tac_toe", "agent_player": seat, "opponent_policy": "minimax"}

    assert set(returns(at_random, 100, **options)) == {-1.0, 0.0}
    assert set(returns(known_good, 20, **options)) == {0.0}


def test_minimax_varies_among_moves_that_are_as_good() -> None:
    environment = OpenSpielEnvironment()
    openings = {
        environment.reset(
            seed=seed, game_name="tic_tac_toe", agent_player=1, opponent_policy="minimax"
        ).opponent_last_action
        for seed in range(100)
    }

    assert openings == set(range(9))


def test_minimax_wins_a_game_that_the_second_player_wins() -> None:
    # Nim with piles of 1, 3, 5 and 7: their nim-sum is 0, so whoever moves first loses (Bouton, 1901).
    options = {"game_name": "nim", "game_params": {"is_misere": False}, "opponent_policy": "minimax"}

    assert set(returns(at_random, 20, **options)) == {-1.0}


@pytest.mark.parametrize("game", ["connect_four", "chess", "kuhn_poker", "catch", "goofspiel"])
def test_minimax_refuses_a_game_that_it_cannot_solve(game: str) -> None:
    with pytest.raises(RequestValidationError, match="minimax does not play"):
        OpenSpielEnvironment().reset(game_name=game, opponent_policy="minimax")


@pytest.mark.parametrize(("game", "params"), [("chess", {}), ("kuhn_poker", {"players": 3})])
def test_the_known_good_opponent_refuses_a_game_that_it_does_not_know(game: str, params: GameParams) -> None:
    with pytest.raises(RequestValidationError, match=f"known-good does not know {game}.*; it knows 2048"):
        OpenSpielEnvironment().reset(game_name=game, game_params=params, opponent_policy="known-good")


def test_whoever_serves_it_may_add_an_opponent() -> None:
    def middle(game: pyspiel.Game) -> Opponent:
        return lambda state, player, random: state.legal_actions()[len(state.legal_actions()) // 2]

    make = partial(OpenSpielEnvironment, opponents={**OPPONENTS, "middle": middle})
    first = make().reset(game_name="tic_tac_toe", agent_player=1, opponent_policy="middle")

    assert first.board == "...\n.x.\n..."
