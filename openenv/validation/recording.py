"""Episodes as they were played, for checks that only look."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openenv.errors import InvalidResultError
from openenv.validation.actions import ActionMaker
from openenv.validation.check import ProbeError
from openenv.validation.values import CannotMake
from openenv.validation.wire import Frame, Session

_STEPS = (20, 3)
"""How many steps each episode has at most; the second one begins in the middle of the first, or after its end."""


@dataclass(frozen=True)
class Schemas:
    """What the server says that it takes and gives, as JSON Schemas.

    Attributes:
        action: Its actions.
        observation: What a step returns.
        state: Its state.
        reset_observation: What a reset returns.
    """

    action: dict[str, Any]
    observation: dict[str, Any]
    state: dict[str, Any]
    reset_observation: dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """A step and what came of it.

    Attributes:
        number: Which step of its episode it was, from 1.
        action: What was sent.
        answer: The reply; ``None`` where none came.
        trouble: Why none came.
        state: The reply to the request for the state after it.
    """

    number: int
    action: Any
    answer: Frame | None
    trouble: ProbeError | None = None
    state: Frame | None = None

    @property
    def taken(self) -> bool:
        """Whether the environment took the step."""
        return self.answer is not None and self.answer.kind == "observation"

    @property
    def unrewarded(self) -> bool:
        """Whether the server took offence at the step's reward, and at nothing else."""
        answer = self.answer
        return answer is not None and answer.code == InvalidResultError.code and answer.data.get("field") == "reward"


@dataclass(frozen=True)
class Episode:
    """One episode from its reset.

    Attributes:
        reset: The reply to the reset.
        state: The reply to the request for the state after it.
        turns: The steps.
    """

    reset: Frame
    state: Frame
    turns: tuple[Turn, ...] = ()

    @property
    def taken(self) -> list[Turn]:
        """The steps that the environment took."""
        return [turn for turn in self.turns if turn.taken]


@dataclass(frozen=True)
class Recording:
    """Episodes played one after the other in one session.

    Attributes:
        schemas: What the server says that it takes and gives.
        episodes: The episodes.
        no_action: Why no action could be made, where that was so.
    """

    schemas: Schemas
    episodes: tuple[Episode, ...]
    no_action: str | None = None

    @property
    def turns(self) -> list[Turn]:
        """The steps of all episodes."""
        return [turn for episode in self.episodes for turn in episode.turns]

    @property
    def understood(self) -> list[Turn]:
        """The steps whose action was not refused as one that the schema should not allow."""
        return [turn for turn in self.turns if turn.answer is not None and turn.answer.code != "VALIDATION_ERROR"]

    def results(self) -> Iterator[tuple[str, dict[str, Any], bool]]:
        """Go through everything that resets and steps returned: what it was, its data, whether it was a reset."""
        for number, episode in enumerate(self.episodes, 1):
            yield f"reset {number}", episode.reset.data, True
            for turn in episode.taken:
                assert turn.answer is not None
                yield f"step {turn.number} of episode {number}", turn.answer.data, False


def record(session: Session, schemas: Schemas, timeout_s: float) -> Recording:
    """Play and write down what happens.

    Args:
        session: A fresh session.
        schemas: What the server says that it takes and gives.
        timeout_s: After so many seconds no further step is made.

    Returns:
        The recording; a step that is not answered ends it.

    Raises:
        ProbeError: A reset or the state after it is not answered as it should be.
    """
    actions = ActionMaker(schemas.action)
    until = time.monotonic() + timeout_s
    episodes: list[Episode] = []
    no_action = None
    for seed, steps in enumerate(_STEPS):
        reset = session.expect("reset", "observation", {"seed": seed})
        state = session.ask("state")
        turns: list[Turn] = []
        try:
            for turn in _turns(session, actions, reset, steps):
                turns.append(turn)
                if time.monotonic() > until:
                    break
        except CannotMake as reason:
            no_action = str(reason)
        episodes.append(Episode(reset, state, tuple(turns)))
        if no_action or (turns and turns[-1].trouble):
            break
    return Recording(schemas, tuple(episodes), no_action)


def _turns(session: Session, actions: ActionMaker, reset: Frame, steps: int) -> Iterator[Turn]:
    seen = reset
    for number in range(1, steps + 1):
        if seen.data.get("done"):
            return
        observation = seen.data.get("observation")
        action = actions.make(observation if isinstance(observation, dict) else None)
        try:
            answer = session.ask("step", action)
            state = session.ask("state")
        except ProbeError as trouble:
            yield Turn(number, action, None, trouble)
            return
        yield Turn(number, action, answer, None, state)
        seen = answer if answer.kind == "observation" else seen
