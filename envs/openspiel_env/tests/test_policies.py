"""The known-good policy reaches what is known of each game."""

import math
from statistics import mean, stdev

import pytest
from openenv.errors import ConfigurationError

from episodes import at_random, known_good, play, returns


@pytest.mark.parametrize("size", [{}, {"rows": 5, "columns": 7}, {"rows": 2, "columns": 1}, {"rows": 20, "columns": 9}])
def test_catches_every_ball_that_can_be_reached(size: dict[str, int]) -> None:
    assert set(returns(known_good, 100, game_params=size)) == {1.0}


@pytest.mark.parametrize(
    ("size", "best"), [({}, -9), ({"width": 12}, -13), ({"height": 2, "width": 3}, -4), ({"height": 9}, -9)]
)
def test_walks_the_shortest_way_around_the_cliff(size: dict[str, int], best: float) -> None:
    assert returns(known_good, 1, game_name="cliff_walking", game_params=size) == [best]


@pytest.mark.parametrize("seat", [0, 1])
def test_never_loses_at_tic_tac_toe(seat: int) -> None:
    paid = returns(known_good, 300, game_name="tic_tac_toe", agent_player=seat)

    assert min(paid) >= 0.0
    assert mean(paid) > 0.75


@pytest.mark.parametrize(("seat", "value"), [(0, -1 / 18), (1, 1 / 18)])
def test_is_paid_the_value_of_kuhn_poker_against_itself(seat: int, value: float) -> None:
    # Two equilibria meet, so the mean is the value of the game itself.
    paid = returns(known_good, 4_000, game_name="kuhn_poker", agent_player=seat, opponent_policy="known-good")

    assert abs(mean(paid) - value) < 3 * stdev(paid) / math.sqrt(len(paid))


@pytest.mark.parametrize("opponent", ["random", "first", "last"])
@pytest.mark.parametrize(("seat", "value"), [(0, -1 / 18), (1, 1 / 18)])
def test_is_paid_at_least_the_value_of_kuhn_poker_by_others(opponent: str, seat: int, value: float) -> None:
    paid = returns(known_good, 2_000, game_name="kuhn_poker", agent_player=seat, opponent_policy=opponent)

    assert mean(paid) > value - 3 * stdev(paid) / math.sqrt(len(paid))


@pytest.mark.parametrize(("game", "episodes"), [("blackjack", 2_000), ("2048", 20)])
def test_plays_better_than_at_random(game: str, episodes: int) -> None:
    good, poor = (returns(policy, episodes, game_name=game) for policy in (known_good, at_random))
    error = math.hypot(stdev(good), stdev(poor)) / math.sqrt(episodes)

    assert mean(good) - mean(poor) > 3 * error


def test_the_seed_decides_what_it_draws() -> None:
    episodes = [play(known_good(3), seed=seed, game_name="kuhn_poker").seen for seed in range(20)]

    assert episodes == [play(known_good(3), seed=seed, game_name="kuhn_poker").seen for seed in range(20)]


def test_refuses_a_game_that_it_does_not_know() -> None:
    with pytest.raises(ConfigurationError, match="does not know chess; it knows 2048"):
        play(known_good(0), game_name="chess")


def test_refuses_poker_with_more_players_than_it_knows() -> None:
    with pytest.raises(ConfigurationError, match="two players only"):
        play(known_good(0), game_name="kuhn_poker", game_params={"players": 3})
