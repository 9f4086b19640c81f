"""Plays one episode and writes down what happened."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal, NamedTuple

from pydantic_core import to_jsonable_python

from openenv.client.client import EnvClient
from openenv.episodes import End, Episode, Failure, Step, Times
from openenv.errors import ConfigurationError, EnvironmentCrashedError, ExecutionError, OpenEnvError, RequestError
from openenv.policies.seen import as_json
from openenv.policies.thread import HostedPolicy
from openenv.protocol.faults import text_of
from openenv.types import StepResult

SUCCESS = "success"
"""The key in the last step's ``info`` by which an environment says whether the episode was a success."""


class ResetRefusedError(ConfigurationError):
    """The environment refuses the reset that was asked for; ``data`` is that of its own error."""


@dataclass(frozen=True)
class Plan:
    """What is to be played.

    Attributes:
        policy: The name of the policy.
        index: Which of its episodes, from 0.
        seed: What to reset with.
        reset: Further options of the reset.
        max_steps: After how many steps the episode is cut short.
        trajectory: Whether its steps are kept.
    """

    policy: str
    index: int
    seed: int
    reset: Mapping[str, Any] = field(default_factory=dict)
    max_steps: int = 10_000
    trajectory: bool = False


class Played(NamedTuple):
    """An episode that has ended.

    Attributes:
        episode: The episode.
        usable: Whether its session can be used for another one.
    """

    episode: Episode
    usable: bool


async def play(client: EnvClient[Any, Any, Any], policy: HostedPolicy, plan: Plan) -> Played:
    """Play an episode.

    Args:
        client: A client with an open session.
        policy: Who plays.
        plan: What is to be played.

    Returns:
        The episode. Whatever is raised by the environment or by the policy ends it, and is written down there.

    Raises:
        ResetRefusedError: It cannot begin, and no other one with the same options can.
    """
    recorder = _Recorder(plan)
    usable = True
    try:
        await _play(client, policy, plan, recorder)
    except Exception as error:
        if recorder.doing == "reset" and isinstance(error, RequestError):
            raise ResetRefusedError(f"reset was refused: {error.message}", error.data) from error
        usable = recorder.doing == "act" or _goes_on_after(error)
        hint = error.hint if isinstance(error, OpenEnvError) else None
        recorder.error = Failure(during=recorder.doing, type=type(error).__name__, message=text_of(error), hint=hint)
    return Played(recorder.episode(), usable)


def _goes_on_after(error: Exception) -> bool:
    """Whether a session is what it was before its server raised this."""
    return isinstance(error, (RequestError, ExecutionError)) and not isinstance(error, EnvironmentCrashedError)


async def _play(client: EnvClient[Any, Any, Any], policy: HostedPolicy, plan: Plan, recorder: _Recorder) -> None:
    clock = recorder.clock
    result = await client.reset(seed=plan.seed, **plan.reset)
    clock("reset")
    recorder.seen(result)
    recorder.doing = "act"
    await policy.reset(plan.seed)
    while not result.done and recorder.length < plan.max_steps:
        recorder.doing = "act"
        action = await policy.act(result.observation)
        clock("act")
        recorder.doing = "step"
        result = await client.step(action)
        clock("step")
        recorder.stepped(action, result)


class _Recorder:
    """An episode that is being played."""

    def __init__(self, plan: Plan) -> None:
        self.doing: Literal["reset", "act", "step"] = "reset"
        self.error: Failure | None = None
        self.length = 0
        self._plan = plan
        self._started_at = datetime.now(timezone.utc)
        self._last = time.perf_counter()
        self._times = {"reset": 0.0, "act": 0.0, "step": 0.0}
        self._return = 0.0
        self._result: StepResult[Any] | None = None
        self._steps: list[Step] = []

    def clock(self, what: str) -> None:
        """Count the time since the last call as spent on this."""
        now = time.perf_counter()
        self._times[what] += now - self._last
        self._last = now

    def seen(self, result: StepResult[Any]) -> None:
        """Take note of what a reset returned; where opponents finished first, that is the whole episode."""
        self._return += float(result.reward or 0.0)
        self._result = result

    def stepped(self, action: Any, result: StepResult[Any]) -> None:
        """Take note of a step."""
        self.length += 1
        self._return += float(result.reward or 0.0)
        if self._plan.trajectory:
            assert self._result is not None
            step = Step(
                observation=as_json(self._result.observation),
                action=_action(action),
                reward=result.reward,
                terminated=result.terminated,
                truncated=result.truncated,
                info=_plain(result.info or {}),
            )
            self._steps.append(step)
        self._result = result

    def episode(self) -> Episode:
        """Say what was played."""
        kept = self._plan.trajectory
        return Episode(
            policy=self._plan.policy,
            index=self._plan.index,
            seed=self._plan.seed,
            total_reward=self._return,
            length=self.length,
            end=self._end(),
            success=self._success(),
            started_at=self._started_at.isoformat(timespec="milliseconds"),
            times=Times(**{f"{what}_s": round(seconds, 6) for what, seconds in self._times.items()}),
            error=self.error,
            steps=tuple(self._steps) if kept else None,
            last_observation=as_json(self._result.observation) if kept and self._result else None,
        )

    def _end(self) -> End:
        if self.error is not None or self._result is None:
            return "error"
        if not self._result.done:
            return "max_steps"
        return "terminated" if self._result.terminated else "truncated"

    def _success(self) -> bool:
        if self.error is not None or self._result is None:
            return False
        said = (self._result.info or {}).get(SUCCESS)
        return said if isinstance(said, bool) else self._return > 0


def _action(action: Any) -> Any:
    """Write an action as JSON values. Every typed one has metadata: those that say nothing are left out."""
    written = _plain(action)
    if isinstance(written, dict) and written.get("metadata") == {}:
        del written["metadata"]
    return written


def _plain(value: Any) -> Any:
    return to_jsonable_python(value, inf_nan_mode="strings")
