"""A walk between two ends: an environment for policies, whose episodes end as they are told to."""

from __future__ import annotations

import os
from random import Random
from typing import Any, Literal

from pydantic import Field

from openenv.environment import Environment
from openenv.errors import EnvironmentFault, InvalidActionError
from openenv.types import Action, Observation, State

END = 3


class WalkAction(Action):
    """A step to either side."""

    side: Literal[-1, 1] = Field(description="-1 is left, 1 is right")
    remark: str = ""


class WalkObservation(Observation):
    """Where the walker is."""

    position: int
    legal_actions: list[int]


class Walk(Environment[WalkAction, WalkObservation, State]):
    """Begins where the seed says; the right end earns 1, the left one -1, a step nothing."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def reset(
        self,
        seed: int | None = None,
        limit: int = 1000,
        success: bool | None = None,
        fault: int | None = None,
        crash: int | None = None,
    ) -> WalkObservation:
        """Begin.

        Args:
            seed: Decides where.
            limit: After how many steps the episode is truncated.
            success: What the last step says of it.
            fault: After how many steps the environment fails.
            crash: In which seed's episode the process dies.
        """
        self._position = Random(seed).randint(-1, 1)
        self._crashes = seed is not None and seed == crash
        self._steps, self._limit, self._success, self._fault = 0, limit, success, fault
        return self._look()

    def step(self, action: WalkAction) -> WalkObservation:
        if self._crashes:
            os._exit(3)
        if self._steps == self._fault:
            raise EnvironmentFault("the walker stumbled")
        if action.remark == "fly":
            raise InvalidActionError("walkers cannot fly")
        self._position += action.side
        self._steps += 1
        return self._look(reward=(abs(self._position) == END) * self._position / END)

    @property
    def state(self) -> State:
        return State(step_count=self._steps)

    def _look(self, **fields: Any) -> WalkObservation:
        over = abs(self._position) == END
        return WalkObservation(
            position=self._position,
            legal_actions=[] if over else [-1, 1],
            terminated=over,
            truncated=not over and self._steps == self._limit,
            metadata={} if self._success is None else {"success": self._success},
            **fields,
        )


class LonelyWalk(Walk):
    """One at a time."""

    SUPPORTS_CONCURRENT_SESSIONS = False


class RightPolicy:
    """Always goes right."""

    def act(self, observation: Any) -> dict[str, Any]:
        return {"side": 1}


class LeftPolicy:
    """Always goes left."""

    def act(self, observation: Any) -> dict[str, Any]:
        return {"side": -1}


class UnsurePolicy(RightPolicy):
    """Fails in every other episode."""

    def reset(self, seed: int | None) -> None:
        assert seed is not None
        self._fails = seed % 2

    def act(self, observation: Any) -> dict[str, Any]:
        if self._fails:
            raise KeyError("where to?")
        return super().act(observation)
