"""Small deterministic environments, written as deployed ones are, that both packages serve.

They import nothing but deployed paths, so the same file runs under openenv 0.10.0 (which the transcripts
were recorded from) and under this package (which is compared with them).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State


class EchoAction(Action):
    """A message, and how often to repeat it."""

    message: str = Field(..., description="Message to echo back")
    times: int = Field(default=1, ge=1, le=3, description="How often to repeat it")


class EchoObservation(Observation):
    """The message that came back."""

    echoed_message: str = ""
    message_length: int = 0


class EchoEnvironment(Environment):
    """Echoes messages, as the environment that ``openenv init`` makes does."""

    SUPPORTS_CONCURRENT_SESSIONS: bool = True

    def __init__(self) -> None:
        self._state = State(episode_id=None, step_count=0)

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> EchoObservation:
        """Say what the reset was given."""
        self._state = State(episode_id=episode_id, step_count=0)
        given = f"seed={seed!r} episode_id={episode_id!r} options={sorted(kwargs.items())!r}"
        return EchoObservation(echoed_message=given, message_length=0, done=False, reward=0.0)

    def step(self, action: EchoAction) -> EchoObservation:
        """Echo the message."""
        self._state.step_count += 1
        message = action.message * action.times
        return EchoObservation(
            echoed_message=message,
            message_length=len(message),
            reward=min(len(message) * 0.1, 1.0),
            metadata={"original_message": action.message, "step": self._state.step_count},
        )

    @property
    def state(self) -> State:
        """The episode's bookkeeping."""
        return self._state


class CounterAction(Action):
    """How much to add."""

    amount: int = 1


class CounterObservation(Observation):
    """The total so far."""

    total: int


class CounterState(State):
    """A declared field beside the usual ones; undeclared ones are allowed too."""

    target: int = 3
    history: list[int] = Field(default_factory=list)


class CounterEnvironment(Environment[CounterAction, CounterObservation, CounterState]):
    """A game that is done at a target; its signatures are bare and it takes one session at a time."""

    def __init__(self) -> None:
        self._total = 0
        self._history: list[int] = []

    def reset(self) -> CounterObservation:
        """Begin at zero."""
        self._total, self._history = 0, []
        return CounterObservation(total=0)

    def step(self, action: CounterAction) -> CounterObservation:
        """Add the amount."""
        self._total += action.amount
        self._history.append(self._total)
        done = self._total >= 3
        return CounterObservation(total=self._total, done=done, reward=1.0 if done else 0.0)

    @property
    def state(self) -> CounterState:
        """The usual fields, a declared one and an undeclared one."""
        steps = len(self._history)
        return CounterState(episode_id="counter", step_count=steps, history=self._history, note="über")


class Point(BaseModel):
    """A nested model."""

    x: float
    y: float = -0.0
    label: str | None = None


class NestedAction(Action):
    """An action with nested fields."""

    points: list[Point] = Field(default_factory=list, max_length=3)
    tags: dict[str, int | str] = Field(default_factory=dict)


class NestedObservation(Observation):
    """An observation with nested fields."""

    points: list[Point]
    by_label: dict[str, Point]
    grid: list[list[int]]
    anything: Any = None


class NestedEnvironment(Environment[NestedAction, NestedObservation, State]):
    """Nested observations, action metadata and metadata of every JSON type."""

    SUPPORTS_CONCURRENT_SESSIONS: bool = True

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> NestedObservation:
        """Begin with nothing."""
        return self._observe([], {})

    def step(self, action: NestedAction, timeout_s: float | None = None, **kwargs: Any) -> NestedObservation:
        """Give the action back, nested."""
        metadata = {"action": action.metadata, "tags": action.tags, "timeout_s": timeout_s, "extras": kwargs}
        return self._observe(action.points, metadata)

    def _observe(self, points: list[Point], metadata: dict[str, Any]) -> NestedObservation:
        return NestedObservation(
            points=points,
            by_label={point.label: point for point in points if point.label},
            grid=[[0] * 3, [1, 2, 3]],
            anything={"none": None, "true": True, "list": [1, 2.5, "three", (4, 5)], "model": Point(x=1)},
            metadata=metadata,
        )

    @property
    def state(self) -> State:
        """An empty state."""
        return State()


class FaultyAction(Action):
    """Which part is to fail."""

    how: str = "no"


class FaultyEnvironment(Environment[FaultyAction, EchoObservation, State]):
    """Raises where it is asked to, and goes on."""

    SUPPORTS_CONCURRENT_SESSIONS: bool = True

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0
        self._state_fails = False

    def reset(self, fail: bool = False) -> EchoObservation:
        """Fail or not."""
        if fail:
            raise RuntimeError('reset failed: "quoted", ünïcode\nand a second line')
        return EchoObservation(echoed_message="ready")

    def step(self, action: FaultyAction) -> EchoObservation:
        """Fail in the way that the action names."""
        self._steps += 1
        self._state_fails = action.how == "state"
        if action.how == "value":
            raise ValueError("step failed")
        if action.how == "empty":
            raise RuntimeError
        if action.how == "key":
            raise KeyError("missing")
        if action.how == "assert":
            raise AssertionError("not so")
        return EchoObservation(echoed_message=f"step {self._steps}")

    @property
    def state(self) -> State:
        """Fail after a step that asked for it."""
        if self._state_fails:
            raise LookupError("no state")
        return State(step_count=self._steps)


class OptionsEnvironment(Environment[Action, EchoObservation, State]):
    """Its reset takes options of its own, one of them required, and no episode id."""

    SUPPORTS_CONCURRENT_SESSIONS: bool = True

    def reset(self, level: int, seed: int | None = None, *, theme: str = "plain") -> EchoObservation:
        """Say what the reset was given."""
        return EchoObservation(echoed_message=f"level={level!r} seed={seed!r} theme={theme!r}")

    def step(self, action: Action, request_id: str | None = None) -> EchoObservation:
        """Say what the step was given."""
        return EchoObservation(echoed_message=f"request_id={request_id!r} metadata={action.metadata!r}")

    @property
    def state(self) -> State:
        """An empty state."""
        return State()


class RewardAction(Action):
    """Which reward to give."""

    index: int = Field(ge=0)


# None that is written with an exponent: pydantic's versions differ in how they write those.
REWARDS = (None, True, False, 0, 1, -7, 2**53, 0.0, -0.0, 1.0, 0.1, 1 / 3, 1e5, math.pi)


class RewardsEnvironment(Environment[RewardAction, Observation, State]):
    """Rewards of every type, in an observation without fields of its own."""

    SUPPORTS_CONCURRENT_SESSIONS: bool = True

    def reset(self) -> Observation:
        """Begin without a reward."""
        return Observation()

    def step(self, action: RewardAction) -> Observation:
        """Give the reward that was asked for."""
        return Observation(reward=REWARDS[action.index], done=action.index % 2 == 1)

    @property
    def state(self) -> State:
        """An empty state."""
        return State()


class TextAction(Action):
    """Any text, and any JSON."""

    text: str = ""
    number: float = 0.0
    anything: Any = None


class TextObservation(Observation):
    """The text and the JSON, given back."""

    text: str = ""
    number: float = 0.0
    anything: Any = None


class TextEnvironment(Environment[TextAction, TextObservation, State]):
    """Gives text and numbers back, to compare how they are written; its loop methods are async."""

    SUPPORTS_CONCURRENT_SESSIONS: bool = True

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> TextObservation:
        """Never called: the async override is."""
        raise NotImplementedError

    def step(self, action: TextAction, timeout_s: float | None = None, **kwargs: Any) -> TextObservation:
        """Never called: the async override is."""
        raise NotImplementedError

    async def reset_async(
        self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any
    ) -> TextObservation:
        """Begin with nothing."""
        return TextObservation()

    async def step_async(self, action: TextAction, timeout_s: float | None = None, **kwargs: Any) -> TextObservation:
        """Give everything back."""
        return TextObservation(text=action.text, number=action.number, anything=action.anything)

    @property
    def state(self) -> State:
        """A state with a text beyond ASCII."""
        return State(episode_id="épisode ☃ 🎲")


class LongObservation(EchoObservation):
    """What a reset returns here: a subclass of what was declared."""

    opening: str = "once"


class OtherObservation(Observation):
    """What a step returns here: not even a subclass of what was declared."""

    elsewhere: int = 1


class VariantsEnvironment(Environment[Action, EchoObservation, State]):
    """Returns other observations than the declared one, which deployed servers send as they are."""

    SUPPORTS_CONCURRENT_SESSIONS: bool = True

    def reset(self) -> LongObservation:
        """Return a subclass of the declared observation."""
        return LongObservation(echoed_message="and")

    def step(self, action: Action) -> OtherObservation:
        """Return another observation."""
        return OtherObservation(reward=1, metadata={"why": "deployed ones do"})

    @property
    def state(self) -> State:
        """An empty state."""
        return State()


class UnmakeableEnvironment(EchoEnvironment):
    """Cannot be made."""

    def __init__(self) -> None:
        raise RuntimeError("no such device")


@dataclass(frozen=True)
class Served:
    """What ``create_app`` is called with."""

    factory: Callable[[], Any]
    action: type[Action] = Action
    observation: type[Observation] = EchoObservation
    state: type[State] = State
    sessions: int = 8


SERVED = {
    "echo": Served(EchoEnvironment, EchoAction),
    "counter": Served(CounterEnvironment, CounterAction, CounterObservation, CounterState, sessions=1),
    "nested": Served(NestedEnvironment, NestedAction, NestedObservation),
    "faulty": Served(FaultyEnvironment, FaultyAction),
    "options": Served(OptionsEnvironment),
    "rewards": Served(RewardsEnvironment, RewardAction, Observation),
    "text": Served(TextEnvironment, TextAction, TextObservation),
    "variants": Served(VariantsEnvironment),
    "unmakeable": Served(UnmakeableEnvironment, EchoAction),
}


def make_app(name: str) -> Any:
    """Make the app of one environment with whichever package is installed."""
    one = SERVED[name]
    return create_app(
        one.factory, one.action, one.observation, env_name=name, max_concurrent_envs=one.sessions, state_cls=one.state
    )
