"""What openspiel-env promises. Needs no server: the client plays the environment in this process."""

from typing import Any

import pytest
from openenv import InvalidActionError
from openenv.errors import RequestValidationError

from episodes import Choice, at_random, known_good, play
from openspiel_env import OpenSpielAction, OpenSpielEnv, OpenSpielState
from openspiel_env.server.environment import OpenSpielEnvironment


def test_the_client_plays_catch_where_nothing_else_is_asked_for() -> None:
    with OpenSpielEnv.in_process(OpenSpielEnvironment) as env:
        result = env.reset(seed=7)
        assert result.observation.game_name == "catch"
        assert len(result.observation.info_state) == 50
        assert result.observation.action_names == ["LEFT", "STAY", "RIGHT"]
        assert result.reward is None

        result = env.step(OpenSpielAction(action_id=1, game_name="catch", game_params={"rows": 10, "columns": 5}))
        assert result.reward == 0.0
        assert env.state().step_count == 1


def test_a_ball_is_caught_or_missed_after_nine_moves() -> None:
    episodes = [play(at_random(seed), seed=seed) for seed in range(50)]

    assert {len(episode.seen) - 1 for episode in episodes} == {9}
    assert {(episode.sum_of_rewards, *episode.last.metadata["returns"]) for episode in episodes} == {(1, 1), (0, -1)}


def test_state_says_all_that_decides_an_episode() -> None:
    environment = OpenSpielEnvironment()
    first = environment.reset(
        game_name="kuhn_poker", game_params={"players": 3}, agent_player=2, opponent_policy="last", episode_id="mine"
    )
    state = environment.state
    assert state.seed is not None
    assert state == OpenSpielState(
        episode_id="mine",
        game_name="kuhn_poker",
        game_params={"players": 3},
        agent_player=2,
        opponent_policy="last",
        num_players=3,
        seed=state.seed,
    )

    again = environment.reset(
        seed=state.seed,
        game_name=state.game_name,
        game_params=state.game_params,
        agent_player=state.agent_player,
        opponent_policy=state.opponent_policy,
    )
    assert again == first


def test_parameters_left_out_have_the_game_s_defaults() -> None:
    environment = OpenSpielEnvironment()
    observation = environment.reset(game_params={"rows": 4})

    assert environment.state.game_params == {"rows": 4, "columns": 5}
    assert len(observation.board.splitlines()) == 4


def test_an_impossible_move_is_refused_and_changes_nothing() -> None:
    with OpenSpielEnv.in_process(OpenSpielEnvironment) as env:
        env.reset(seed=7, game_name="tic_tac_toe", opponent_policy="first")
        before = env.step(OpenSpielAction(action_id=4)).observation
        state = env.state()

        with pytest.raises(InvalidActionError, match="4 is not possible here") as caught:
            env.step(OpenSpielAction(action_id=4))
        assert caught.value.data["legal_actions"] == before.legal_actions
        assert env.state() == state
        assert env.step(OpenSpielAction(action_id=8)).observation.board == "oo.\n.x.\n..x"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (OpenSpielAction(action_id=0, game_name="catch"), "the game is kuhn_poker, and this move is for catch"),
        (OpenSpielAction(action_id=0, game_params={"players": 3}), "this move is for another players"),
    ],
)
def test_a_move_for_another_game_is_refused(action: OpenSpielAction, message: str) -> None:
    with OpenSpielEnv.in_process(OpenSpielEnvironment) as env:
        env.reset(game_name="kuhn_poker")
        with pytest.raises(InvalidActionError, match=message):
            env.step(action)
        env.step(OpenSpielAction(action_id=0))  # which says nothing of a game


def test_max_steps_cut_an_episode_short() -> None:
    last = play(at_random(7), seed=7, game_name="2048", max_steps=3).last

    assert last.truncated
    assert not last.terminated
    assert last.game_phase == "truncated"
    assert last.reward is not None

    environment = OpenSpielEnvironment()
    play(at_random(7), environment, seed=7, max_steps=3)
    with pytest.raises(InvalidActionError, match="the episode is over"):
        environment.step(OpenSpielAction(action_id=1))


def test_a_game_that_others_end_is_over_at_reset_and_pays_there() -> None:
    # The first player may reach a score of 2 in one turn, and stop.
    environment = OpenSpielEnvironment()
    over = [
        observation
        for seed in range(50)
        if (observation := environment.reset(seed=seed, game_name="pig", game_params={"winscore": 2}, agent_player=1))
        and observation.terminated
    ]

    assert {observation.reward for observation in over} == {-1.0}
    assert {tuple(observation.legal_actions) for observation in over} == {()}


@pytest.mark.parametrize(
    ("choose", "options", "success"),
    [
        (known_good(0), {"game_name": "cliff_walking"}, True),
        (at_random(0), {"game_name": "cliff_walking"}, False),
        (known_good(0), {"game_name": "cliff_walking", "max_steps": 8}, False),
        (known_good(0), {"game_name": "2048", "game_params": {"max_tile": 64}}, True),
        (known_good(0), {"game_name": "2048", "max_steps": 3}, False),
    ],
)
def test_says_whether_a_goal_is_reached(choose: Choice, options: dict[str, Any], success: bool) -> None:
    assert play(choose, seed=7, **options).last.metadata["success"] is success


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"game_name": "tic_tac_to"}, "no game 'tic_tac_to'; did you mean tic_tac_toe"),
        ({"game_name": "?"}, "no game '\\?'; try one of 2048, blackjack, catch"),
        ({"game_name": 3}, "game_name: .*string"),
        ({"game_name": "mfg_garnet"}, "mean field game"),
        ({"game_name": "crossword"}, "crossword cannot be played here"),
        ({"game_name": "efg_game"}, "no game 'efg_game'"),
        ({"game_params": {"rowz": 3}}, "catch has no parameter 'rowz'; it has columns, rows"),
        ({"game_params": {"rows": "3"}}, "rows of catch is a int"),
        ({"game_params": {"rows": True}}, "rows of catch is a int"),
        ({"game_params": {"rows": 10**9}}, "rows of catch lies between 2 and 100"),
        ({"game_params": [3]}, "game_params: .*dictionary"),
        ({"game_name": "bargaining", "game_params": {"instances_file": "/etc/passwd"}}, "names a file"),
        ({"game_name": "kuhn_poker", "game_params": {"players": 2**31}}, "players of kuhn_poker lies between 2 and 10"),
        ({"game_name": "go", "game_params": {"board_size": 2**31}}, "board_size of go lies between"),
        ({"agent_player": 1}, "catch has 1 players, counted from 0, got 1"),
        ({"agent_player": -1}, "agent_player: .*greater than or equal to 0"),
        ({"opponent_policy": "os:system"}, "no 'os:system'; there are random, first, last, minimax, known-good"),
        ({"max_steps": 0}, "max_steps: .*greater than or equal to 1"),
    ],
)
def test_a_reset_that_cannot_be_is_refused_and_changes_nothing(options: dict[str, Any], message: str) -> None:
    environment = OpenSpielEnvironment()
    environment.reset(seed=7, game_name="tic_tac_toe")
    before = environment.state.model_copy()

    with pytest.raises(RequestValidationError, match=message):
        environment.reset(**options)
    assert environment.state == before
    environment.step(OpenSpielAction(action_id=environment.reset(seed=7).legal_actions[0]))
