"""Gymnasium's environments as OpenEnv's: played through OpenEnv's own client."""

from __future__ import annotations

from base64 import b64decode

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from pydantic import Field
from support.gymnasium_served import Mirror, register, served_class

from openenv import Action, GenericEnvClient, InvalidActionError, Observation
from openenv.errors import ConfigurationError, ExecutionError, ResetRequiredError
from openenv.gymnasium import GymnasiumEnvironment
from openenv.gymnasium.png import decode


class Corridor(gymnasium.Env):
    """Three steps to the right, of which each takes some luck; says much about itself."""

    observation_space = spaces.Dict(place=spaces.Discrete(4), seen=spaces.MultiBinary(4))
    action_space = spaces.Dict(push=spaces.Box(0, 1, (), np.float32), hold=spaces.Discrete(2))
    metadata = {"render_modes": ["rgb_array"]}

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.seen, self.steps = (options or {}).get("start", 0), np.zeros(4, np.int8), 0
        return self.shown(), {"options": options, "mask": np.array([True, False])}

    def step(self, action):
        assert action["push"].dtype == np.float32
        self.place += int(self.np_random.random() < action["push"])
        self.seen[self.place] = 1
        self.steps += 1
        return self.shown(), np.float64(0.5), np.bool_(self.place == 3), np.bool_(self.steps == 3), {"luck": np.nan}

    def shown(self):
        return {"place": np.int64(self.place), "seen": self.seen.copy()}

    def render(self):
        return np.full((2, 3, 3), self.place, np.uint8)


class Push(Action):
    push: float = Field(ge=0, le=1)
    hold: int = 0


class Shown(Observation):
    place: int
    seen: list[int]


class CorridorEnvironment(GymnasiumEnvironment[Push, Shown]):
    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(Corridor(render_mode))


@pytest.fixture
def client():
    with GenericEnvClient.in_process(CorridorEnvironment, render_mode="rgb_array") as client:
        yield client


def test_fields_may_be_named_after_the_keys_of_a_dict(client):
    assert client.reset(seed=1).observation == {"place": 0, "seen": [0, 0, 0, 0]}
    assert client.step({"push": 1.0}).observation == {"place": 1, "seen": [0, 1, 0, 0]}


def test_options_reach_the_environment_and_infos_come_back_as_json(client):
    first = client.reset(seed=1, start=2)
    assert first.observation["place"] == 2
    assert first.metadata == {"options": {"start": 2}, "mask": [True, False]}
    assert client.reset().metadata["options"] is None
    assert client.step({"push": 0.0}).metadata == {"luck": "NaN"}


@pytest.mark.parametrize(
    ("push", "steps", "terminated", "truncated"), [(1.0, 2, False, False), (0.0, 3, False, True), (1.0, 3, True, True)]
)
def test_both_ends_are_kept_apart(client, push, steps, terminated, truncated):
    client.reset(seed=1)
    for _ in range(steps):
        result = client.step({"push": push})

    assert (result.terminated, result.truncated, result.reward) == (terminated, truncated, 0.5)
    assert result.done is (terminated or truncated)


def test_the_seed_decides_everything_and_a_reset_without_one_goes_on():
    def play(env, **options):
        result, seen = env.reset(**options), []
        while not result.done:
            result = env.step({"push": 0.5})
            seen.append(result.observation)
        return seen

    with (
        GenericEnvClient.in_process(CorridorEnvironment) as one,
        GenericEnvClient.in_process(CorridorEnvironment) as other,
    ):
        first = [play(one, seed=3), *(play(one) for _ in range(4))]
        assert first == [play(other, seed=3), *(play(other) for _ in range(4))]
        assert any(again != first[0] for again in first[1:])
        assert (one.state()["seed"], one.state()["resets"]) == (3, 4)


def test_the_first_seed_is_drawn_and_shown(client):
    client.reset(episode_id="mine")
    state = client.state()

    assert 0 <= state["seed"] < 2**32
    assert (state["resets"], state["episode_id"], state["step_count"]) == (0, "mine", 0)
    client.step({"push": 0.0})
    assert client.state()["step_count"] == 1


def test_frames_come_as_png_while_they_are_asked_for(client):
    first = client.reset(seed=1, render=True)
    assert decode(b64decode(first.metadata["png"])).tolist() == np.zeros((2, 3, 3)).tolist()
    assert decode(b64decode(client.step({"push": 1.0}).metadata["png"])).tolist() == np.ones((2, 3, 3)).tolist()
    assert "png" not in client.reset(seed=1).metadata
    assert "png" not in client.step({"push": 1.0}).metadata


def test_an_environment_that_does_not_render_says_so_before_anything_changes():
    with GenericEnvClient.in_process(CorridorEnvironment) as client:
        client.reset(seed=1, start=1)
        with pytest.raises(ExecutionError, match="was not made with render_mode='rgb_array'"):
            client.reset(seed=2, render=True)
        assert client.state()["seed"] == 1


class Unable(Corridor):
    def render(self):
        raise gymnasium.error.DependencyNotInstalled("no screen")


class UnableEnvironment(GymnasiumEnvironment[Push, Shown]):
    def __init__(self) -> None:
        super().__init__(Unable("rgb_array"))


def test_what_rendering_lacks_is_named():
    with GenericEnvClient.in_process(UnableEnvironment) as client, pytest.raises(ExecutionError, match="no screen"):
        client.reset(render=True)


def test_an_action_outside_the_space_is_refused_and_changes_nothing():
    # Of letters Python's types know nothing: the model takes what the space does not hold.
    env_id = register("Letters-v0", lambda **_: Mirror(spaces.Text(3, charset="ab")))
    with GenericEnvClient.in_process(served_class(env_id)) as client:
        client.reset(seed=1)
        with pytest.raises(InvalidActionError, match=r"xyz is not in the action space Text\(1, 3, charset=ab\)"):
            client.step({"value": "xyz"})
        assert client.state()["step_count"] == 0
        assert client.step({"value": "ab"}).observation == {"value": "ab"}


class Pixels(Action):
    """Says less of its numbers than the space does."""

    value: list[float]


class Painted(Observation):
    value: list[float]


class PixelsEnvironment(GymnasiumEnvironment[Pixels, Painted]):
    def __init__(self) -> None:
        super().__init__(Mirror(spaces.Box(0, 255, (2,), np.uint8)))


@pytest.mark.parametrize("value", [[300, 1], [1.9, 2.2], [-1, 0], [2.0**63, 0]])
def test_a_number_that_the_space_s_type_cannot_hold_is_refused_and_not_rounded(value):
    with GenericEnvClient.in_process(PixelsEnvironment) as client:
        client.reset(seed=1)
        with pytest.raises(InvalidActionError, match="does not fit into uint8"):
            client.step({"value": value})
        assert client.step({"value": [3.0, 4.0]}).observation == {"value": [3.0, 4.0]}


def test_a_step_before_the_first_reset_is_refused():
    with pytest.raises(ResetRequiredError):
        CorridorEnvironment().step(Push(push=1))


class Other(Observation):
    place: int
    colour: str


class OtherEnvironment(GymnasiumEnvironment[Push, Other]):
    def __init__(self) -> None:
        super().__init__(Corridor())


def test_a_step_after_the_end_is_refused_and_changes_nothing():
    environment = CorridorEnvironment()
    environment.reset(seed=1)
    for _ in range(3):
        environment.step(Push(push=1.0))
    with pytest.raises(ResetRequiredError, match="the episode is over: reset comes first"):
        environment.step(Push(push=1.0))
    assert environment.state.step_count == 3
    environment.reset()
    assert environment.step(Push(push=1.0)).place == 1


def test_models_that_do_not_fit_the_spaces_are_refused():
    with pytest.raises(ConfigurationError, match=r"the fields of Other \(place, colour\) do not fit Dict\("):
        OtherEnvironment()


def test_gymnasium_s_environment_is_closed_with_the_session():
    closed = []

    class Closing(Corridor):
        def close(self):
            closed.append(True)

    class ClosingEnvironment(GymnasiumEnvironment[Push, Shown]):
        def __init__(self) -> None:
            super().__init__(Closing())

    with GenericEnvClient.in_process(ClosingEnvironment) as client:
        client.reset()
    assert closed == [True]
