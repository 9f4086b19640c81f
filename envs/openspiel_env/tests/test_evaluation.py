"""What an evaluation finds, played against the server as anybody would."""

from pathlib import Path
from typing import Any

import pytest
from openenv.evaluation import Summary, evaluate

PROJECT = Path(__file__).parents[1]


def found(policy: str, episodes: int, **reset: Any) -> Summary:
    report = evaluate(PROJECT, policy, episodes=episodes, sessions=4, reset=reset)
    assert report.failed == ()
    return report.policies[0]


def test_every_ball_is_caught() -> None:
    assert found("known-good", 100).success == 1.0


def test_tic_tac_toe_against_random_is_never_lost() -> None:
    report = evaluate(PROJECT, "known-good", episodes=200, sessions=4, reset={"game_name": "tic_tac_toe"})

    assert {episode.total_reward for episode in report.episodes} <= {0.0, 1.0}


@pytest.mark.parametrize(("width", "best"), [(8, -9), (12, -13)])
def test_the_cliff_is_passed_on_the_shortest_way(width: int, best: float) -> None:
    summary = found("known-good", 2, game_name="cliff_walking", game_params={"width": width})

    assert summary.total_reward is not None
    assert summary.total_reward.mean == best
    assert summary.success == 1.0


def test_kuhn_poker_between_equilibria_pays_its_value() -> None:
    # The value of the game is -1/18 for the first player (Kuhn, 1950).
    summary = found("known-good", 2_000, game_name="kuhn_poker", opponent_policy="known-good")

    assert summary.total_reward is not None
    assert summary.total_reward.low < -1 / 18 < summary.total_reward.high


def test_random_play_of_any_game_fails_nowhere() -> None:
    for game in ("2048", "blackjack", "connect_four", "goofspiel", "leduc_poker"):
        found("random", 4, game_name=game)
