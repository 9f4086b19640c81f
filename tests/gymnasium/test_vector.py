"""Sessions of a server as one vector environment, beside Gymnasium's own."""

from __future__ import annotations

import threading

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from support.gymnasium_served import served_class
from support.puppets import PATIENCE_S
from support.serving import serving, until

import openenv.gymnasium
from openenv import Action, Environment, InvalidActionError, Observation, State
from openenv.errors import ConfigurationError, RequestValidationError

N = 4
ENV_IDS = ["CartPole-v1", "Blackjack-v1", "Pendulum-v1", "FrozenLake-v1"]


def local(env_id, mode=AutoresetMode.NEXT_STEP, **options):
    return SyncVectorEnv([lambda: gymnasium.make(env_id, **options)] * N, autoreset_mode=mode)


@pytest.fixture(scope="module")
def cartpole():
    with serving(served_class("CartPole-v1", render_mode="rgb_array"), max_sessions=3 * N) as served:
        yield served


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP], ids=lambda mode: mode.value)
@pytest.mark.parametrize("env_id", ENV_IDS)
def test_it_gives_the_same_numbers_as_gymnasium_s_own(env_id, mode):
    here = local(env_id, mode)
    there = openenv.gymnasium.make_vec(served_class(env_id), N, autoreset_mode=mode)
    assert there.single_observation_space == here.single_observation_space
    assert there.observation_space == here.observation_space
    assert there.action_space == here.action_space
    assert there.num_envs == N
    assert there.metadata["autoreset_mode"] is mode

    here.action_space.seed(1)
    assert data_equivalence(there.reset(seed=7)[0], here.reset(seed=7)[0], exact=True)
    for _ in range(250):
        actions = here.action_space.sample()
        (*played, infos), (*expected, expected_infos) = there.step(actions), here.step(actions)
        assert data_equivalence(tuple(played), tuple(expected), exact=True)
        assert set(infos) == set(expected_infos)
        for name in ("_final_obs", "_final_info"):
            assert np.array_equal(infos.get(name, []), expected_infos.get(name, []))
        for one, other in zip(infos.get("final_obs", []), expected_infos.get("final_obs", []), strict=True):
            assert np.array_equal(one, other)
    there.close()


def test_episodes_end_during_these_comparisons():
    here = local("CartPole-v1")
    here.action_space.seed(1)
    here.reset(seed=7)
    assert any(here.step(here.action_space.sample())[2].any() for _ in range(250))


def test_seeds_are_one_for_each_or_count_up(cartpole):
    here, there = local("CartPole-v1"), openenv.gymnasium.make_vec(cartpole.url, N)

    for seed in (3, [5, 5, 9, 1]):
        assert data_equivalence(there.reset(seed=seed), here.reset(seed=seed), exact=True)
    assert data_equivalence(there.reset(), here.reset(), exact=True)
    assert data_equivalence(there.reset(seed=[None, 1, None, 2]), here.reset(seed=[None, 1, None, 2]), exact=True)
    with pytest.raises(ValueError, match="4 sessions need as many seeds, got 2"):
        there.reset(seed=[1, 2])
    there.close()


def test_without_autoreset_the_caller_resets_those_that_ended(cartpole):
    mode = AutoresetMode.DISABLED
    here, there = local("CartPole-v1", mode), openenv.gymnasium.make_vec(cartpole.url, N, autoreset_mode=mode)
    here.action_space.seed(1)
    here.reset(seed=1)
    there.reset(seed=1)
    ended = np.zeros(N, np.bool_)
    for _ in range(200):
        if ended.any():
            with pytest.raises(gymnasium.error.ResetNeeded, match="are over: reset them first"):
                there.step(here.action_space.sample())
            again = [each.reset(options={"reset_mask": ended.copy()}) for each in (there, here)]
            assert data_equivalence(*again, exact=True)
        actions = here.action_space.sample()
        played, expected = there.step(actions), here.step(actions)
        assert data_equivalence(played, expected, exact=True)
        ended = played[2] | played[3]
    there.close()


@pytest.mark.parametrize("mask", [np.ones(N), np.ones(3, np.bool_), [True] * N])
def test_a_mask_of_another_form_is_refused(cartpole, mask):
    there = openenv.gymnasium.make_vec(cartpole.url, N)
    with pytest.raises(ValueError, match="reset_mask is an array of 4 bools"):
        there.reset(options={"reset_mask": mask})
    there.close()


def test_frames_come_along_when_asked_for(cartpole):
    here = local("CartPole-v1", render_mode="rgb_array")
    there = openenv.gymnasium.make_vec(cartpole.url, N, render_mode="rgb_array")

    with pytest.raises(gymnasium.error.ResetNeeded):
        there.render()
    here.reset(seed=1)
    there.reset(seed=1)
    assert all((one == other).all() for one, other in zip(there.render(), here.render(), strict=True))
    there.close()


def test_a_closed_one_raises_and_leaves_no_session(cartpole):
    there = openenv.gymnasium.make_vec(cartpole.url, N)
    there.reset()
    there.close()
    there.close()

    assert there.closed
    for call in (there.reset, lambda: there.step(np.zeros(N, np.int64))):
        with pytest.raises(gymnasium.error.ClosedEnvironmentError):
            call()
    until(lambda: cartpole.call(lambda: cartpole.service.store.active) == 0)


def test_a_step_before_the_first_reset_raises(cartpole):
    there = openenv.gymnasium.make_vec(cartpole.url, N)
    with pytest.raises(gymnasium.error.ResetNeeded):
        there.step(np.zeros(N, np.int64))
    there.close()


@pytest.mark.parametrize("actions", [[1, 0], [1, 0, 1, 0, 1]])
def test_more_or_fewer_actions_than_sessions_are_refused(cartpole, actions):
    there = openenv.gymnasium.make_vec(cartpole.url, N)
    there.reset(seed=3)
    with pytest.raises(ValueError, match=f"4 sessions need as many actions, got {len(actions)}"):
        there.step(actions)
    there.close()


def test_the_first_reset_is_one_of_all_sessions(cartpole):
    there = openenv.gymnasium.make_vec(cartpole.url, N)
    with pytest.raises(gymnasium.error.ResetNeeded, match="the first reset is one of all sessions"):
        there.reset(options={"reset_mask": np.array([True, False, False, False])})
    there.close()


def test_no_session_at_all_is_refused(cartpole):
    with pytest.raises(ConfigurationError, match="at least one session"):
        openenv.gymnasium.make_vec(cartpole.url, 0)


class Move(Action):
    by: int


class Place(Observation):
    place: int
    seed: int


class Meeting(Environment[Move, Place, State]):
    """A step ends when all others are in theirs."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    together = threading.Barrier(N)

    def reset(self, seed: int = -1) -> Place:
        self.place, self.seed = 0, seed
        return Place(place=0, seed=seed)

    def step(self, action: Move) -> Place:
        if action.by < 0:
            raise InvalidActionError("only forward")
        self.together.wait(PATIENCE_S)
        self.place += action.by
        return Place(place=self.place, seed=self.seed, reward=1, terminated=self.place > 2)

    @property
    def state(self) -> State:
        return State()


def test_all_sessions_step_at_the_same_time():
    with serving(Meeting, max_sessions=N) as served:
        there = openenv.gymnasium.make_vec(served.url, N)
        there.reset(seed=1)
        observations, rewards, *_ = there.step(np.arange(N))
        there.close()

    assert observations["place"].tolist() == [0, 1, 2, 3]
    assert rewards.tolist() == [1.0] * N


def test_sessions_of_a_plain_server_go_on_with_seeds_that_follow_from_their_first():
    def seeds():
        there = openenv.gymnasium.make_vec(Alone, 2)
        seen = [there.reset(seed=5)[0]["seed"].tolist()]
        for _ in range(6):
            seen.append(there.step(np.array([3, 3]))[0]["seed"].tolist())
        there.close()
        return seen

    first = seeds()
    assert first == seeds()
    assert first[0] == [5, 6]
    assert len({seed for pair in first for seed in pair}) == 8  # the first two, and those of three resets


class Alone(Meeting):
    together = threading.Barrier(1)


def test_one_that_fails_is_named_and_the_others_have_moved():
    there = openenv.gymnasium.make_vec(Alone, 3)
    there.reset(seed=1)
    with pytest.raises(gymnasium.error.InvalidAction, match="session 1: only forward"):
        there.step(np.array([1, -1, 1]))
    observations, *_ = there.step(np.array([1, 1, 1]))
    assert observations["place"].tolist() == [2, 1, 2]
    with pytest.raises(RequestValidationError, match="wind"):
        there.reset(options={"wind": 1})
    with pytest.raises(ValueError, match="3 sessions need as many actions, got 2"):
        there.step(np.array([1, 1]))
    there.close()


class Crowded(Meeting):
    SUPPORTS_CONCURRENT_SESSIONS = False


def test_what_cannot_live_side_by_side_is_refused():
    with pytest.raises(ConfigurationError):
        openenv.gymnasium.make_vec(Crowded, 2)
