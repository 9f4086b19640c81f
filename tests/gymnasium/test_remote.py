"""OpenEnv's servers as Gymnasium's environments."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import warnings
from typing import Literal

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env, data_equivalence
from support.gymnasium_served import served_class
from support.serving import serving, until

import openenv.gymnasium
from openenv import Action, EnvClient, Environment, GenericEnvClient, InvalidActionError, Observation, State
from openenv.errors import (
    ConfigurationError,
    ConnectError,
    ExecutionError,
    InvalidResultError,
    RequestValidationError,
    UnauthorizedError,
)
from openenv.gymnasium.spaces import Choice, UnsupportedSpaceError
from openenv_cli.naming import names_for
from openenv_cli.scaffold import TEMPLATES, plan, write

CARTPOLE = served_class("CartPole-v1", render_mode="rgb_array")


def check(env):
    """Run Gymnasium's own checks; what it merely recommends is said by warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_env(env)


@pytest.fixture(scope="module")
def cartpole():
    with serving(CARTPOLE, max_sessions=8) as served:
        yield served


@pytest.fixture
def project(tmp_path):
    """The game that ``openenv init`` makes."""
    write(plan(names_for("my-game"), TEMPLATES["game"], tmp_path / "my-game"))
    return tmp_path / "my-game"


@pytest.mark.parametrize("seed", range(5))
def test_cartpole_called_back_gives_the_same_numbers_as_here(cartpole, seed):
    served, local = openenv.gymnasium.make(cartpole.url), gymnasium.make("CartPole-v1")
    assert served.action_space == local.action_space
    assert served.observation_space == local.observation_space

    local.action_space.seed(seed)
    assert data_equivalence(served.reset(seed=seed), local.reset(seed=seed), exact=True)
    episodes = 0
    while episodes < 5:
        action = local.action_space.sample()
        one, other = served.step(action), local.step(action)
        assert data_equivalence(one, other, exact=True)
        if one[2] or one[3]:
            episodes += 1
            assert data_equivalence(served.reset(), local.reset(), exact=True)
    served.close()


@pytest.mark.parametrize("env_id", ["FrozenLake-v1", "Taxi-v4", "Blackjack-v1", "Pendulum-v1"])
def test_others_give_the_same_numbers_too(env_id):
    served, local = openenv.gymnasium.make(served_class(env_id)), gymnasium.make(env_id)
    space = local.observation_space

    local.action_space.seed(1)
    served.reset(seed=1)
    local.reset(seed=1)
    for _ in range(300):
        action = local.action_space.sample()
        (one, *outcome, _), (other, *expected, _) = served.step(action), local.step(action)
        assert space.to_jsonable([one]) == space.to_jsonable([other])
        assert outcome == expected
        if any(outcome[1:]):
            assert space.to_jsonable([served.reset()[0]]) == space.to_jsonable([local.reset()[0]])
    served.close()


@pytest.mark.parametrize("render_mode", [None, "rgb_array"])
def test_cartpole_passes_gymnasium_s_own_checks(cartpole, render_mode):
    env = openenv.gymnasium.make(cartpole.url, render_mode=render_mode)
    check(env)
    env.close()


def test_a_game_passes_gymnasium_s_own_checks(project):
    env = openenv.gymnasium.make(project)
    assert env.action_space == Choice(["north", "east", "south", "west"])
    assert list(env.observation_space.spaces) == ["position", "distance", "moves_left", "legal_actions"]
    env.action_space.seed(0)  # with which the checks happen to stay on the board
    check(env)
    env.close()


def test_through_the_registry_the_checks_of_seeds_are_passed_too(cartpole, project):
    for name, target in (("RemoteCartPole-v0", cartpole.url), ("RemoteGame-v0", project)):
        gymnasium.register(name, openenv.gymnasium.make, kwargs={"target": target}, disable_env_checker=True)
        env = gymnasium.make(name)
        env.action_space.seed(0)
        check(env.unwrapped)
        env.close()


def test_frames_come_along_when_asked_for(cartpole):
    served = openenv.gymnasium.make(cartpole.url, render_mode="rgb_array")
    local = gymnasium.make("CartPole-v1", render_mode="rgb_array")

    with pytest.raises(gymnasium.error.ResetNeeded):
        served.render()
    assert "png" not in served.reset(seed=1)[1]
    local.reset(seed=1)
    assert (served.render() == local.render()).all()
    assert "png" not in served.step(1)[4]
    local.step(1)
    assert (served.render() == local.render()).all()
    served.close()
    plain = openenv.gymnasium.make(cartpole.url)
    plain.reset()
    assert plain.render() is None
    plain.close()
    with pytest.raises(gymnasium.error.UnsupportedMode, match="'rgb_array' or None, not 'human'"):
        openenv.gymnasium.make(cartpole.url, render_mode="human")


@pytest.mark.parametrize("action", [2, -1, "left", None, [0]])
def test_an_illegal_action_raises_and_changes_nothing(cartpole, action):
    served, local = openenv.gymnasium.make(cartpole.url), gymnasium.make("CartPole-v1")
    served.reset(seed=1)
    local.reset(seed=1)
    with pytest.raises(gymnasium.error.InvalidAction):
        served.step(action)

    assert data_equivalence(served.step(1), local.step(1), exact=True)
    served.close()


def test_a_step_without_an_episode_raises(cartpole):
    env = openenv.gymnasium.make(cartpole.url)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(seed=1)
    while not env.step(0)[2]:
        pass
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.close()


class Say(Action):
    word: Literal["yes", "no", "crash"]
    detail: dict[str, int] = {}


class Heard(Observation):
    count: int
    detail: dict[str, int] = {}


class Listener(Environment[Say, Heard, State]):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def reset(self, seed: int | None = None, level: int = 0) -> Heard:
        self.count, self.seed = level, seed
        return Heard(count=level, metadata={"seed": seed})

    def step(self, action: Say) -> Heard:
        if action.word == "no":
            raise InvalidActionError("do not say no", {"legal_actions": ["yes"]})
        if action.word == "crash":
            raise ZeroDivisionError("cut")
        self.count += 1
        return Heard(count=self.count, reward=None, truncated=self.count > 2, detail={"a": 1})

    @property
    def state(self) -> State:
        return State()


def test_any_environment_can_be_played_and_its_errors_raise():
    with serving(Listener) as served:
        env = openenv.gymnasium.make(served.url)
        assert env.action_space == Choice(["yes", "no", "crash"])
        assert env.observation_space == spaces.Box(-np.inf, np.inf, (), np.int64)
        observation, info = env.reset(seed=4, options={"level": 1})
        assert (observation, info) == (1, {"seed": 4, "detail": {}})
        with pytest.raises(gymnasium.error.InvalidAction, match="do not say no") as refused:
            env.step(1)
        assert refused.value.__cause__.data == {"legal_actions": ["yes"]}
        with pytest.raises(ExecutionError, match="cut"):
            env.step(2)
        assert env.step(0) == (2, 0.0, False, False, {"detail": {"a": 1}})
        assert env.step(np.int64(0))[1:4] == (0.0, False, True)
        with pytest.raises(RequestValidationError, match="speed"):
            env.reset(options={"speed": 3})
        env.close()


def test_an_observation_that_no_space_holds_is_an_invalid_result():
    env = openenv.gymnasium.make(Listener)
    with pytest.raises(InvalidResultError, match="9223372036854775808 does not fit into int64"):
        env.reset(options={"level": 2**63})
    env.close()


def test_without_a_seed_the_server_gets_one_that_follows_from_the_last():
    with serving(Listener) as served:
        env = openenv.gymnasium.make(served.url)
        runs = [[env.reset(seed=7)[1]["seed"], *(env.reset()[1]["seed"] for _ in range(3))] for _ in range(2)]
        env.close()

    assert runs[0] == runs[1]
    assert runs[0][0] == 7
    assert len(set(runs[0])) == 4


def test_the_target_may_be_a_client_with_its_key():
    class ListenerClient(EnvClient[Say, Heard, State]):
        pass

    with serving(Listener, api_key="secret", max_sessions=2) as served:
        client = ListenerClient(served.url, api_key="secret")
        with client:
            env = openenv.gymnasium.make(client)
            assert env.reset(seed=1)[0] == 0
            env.close()
        env = openenv.gymnasium.make(served.url.replace("http", "ws") + "/ws", api_key="secret")
        assert env.reset(seed=1)[0] == 0
        env.close()
        with pytest.raises((UnauthorizedError, ConnectError)):
            openenv.gymnasium.make(served.url)
        with pytest.raises(ConfigurationError, match="set up already: leave out api_key"):
            openenv.gymnasium.make(client, api_key="secret")


def test_a_project_s_server_lives_as_long_as_its_environment(project):
    env = openenv.gymnasium.make(str(project))
    url = env._client.base_url
    with GenericEnvClient(url) as other:
        other.reset()
    env.close()
    env.close()

    with pytest.raises(ConnectError):
        GenericEnvClient(url, connect_timeout_s=1).connect()


def test_a_closed_one_raises_gymnasium_s_own_error(cartpole):
    env = openenv.gymnasium.make(cartpole.url)
    env.reset()
    env.close()
    env.close()

    for call in (env.reset, lambda: env.step(0)):
        with pytest.raises(gymnasium.error.ClosedEnvironmentError):
            call()


def test_closing_frees_the_slot():
    with serving(Listener, max_sessions=1) as served:
        env = openenv.gymnasium.make(served.url)
        env.close()
        until(lambda: served.call(lambda: served.service.store.active) == 0)
        env = openenv.gymnasium.make(served.url)
        env.reset()
        env.close()


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (3, "3 is nothing that can be played"),
        ("no-such-environment", "no installed environment is called"),
        ("./nowhere", "no such file or folder"),
        (GenericEnvClient.in_process(Listener), "give the environment's class"),
    ],
    ids=["number", "name", "folder", "client in process"],
)
def test_what_cannot_be_played_is_refused(target, error):
    with pytest.raises(ConfigurationError) as refused:
        openenv.gymnasium.make(target)
    assert error in f"{refused.value} {refused.value.hint}"


def test_a_server_whose_actions_no_space_holds_is_left_again():
    class Free(Action):
        anything: dict[str, int]

    class FreeEnvironment(Environment[Free, Heard, State]):
        def reset(self) -> Heard:
            return Heard(count=0)

        def step(self, action: Free) -> Heard:
            return Heard(count=1)

        @property
        def state(self) -> State:
            return State()

    with serving(FreeEnvironment) as served:
        with pytest.raises(UnsupportedSpaceError, match="no space holds the field anything"):
            openenv.gymnasium.make(served.url)
        until(lambda: served.call(lambda: served.service.store.active) == 0)


def test_it_plays_where_an_event_loop_runs(cartpole):
    async def play():
        env = openenv.gymnasium.make(cartpole.url)
        env.reset(seed=1)
        reward = env.step(1)[1]
        env.close()
        return reward

    assert asyncio.run(play()) == 1.0


def test_without_gymnasium_the_error_says_what_brings_it():
    code = """
import sys
sys.modules["gymnasium"] = None
from openenv.extras import MissingExtraError
try:
    import openenv.gymnasium
except MissingExtraError as error:
    print(isinstance(error, ImportError), error, error.hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == (
        'True this needs the package gymnasium, which is not installed pip install "openenv-kit[gymnasium]"\n'
    )
