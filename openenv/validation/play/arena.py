"""Where episodes are played: each in fresh sessions, whatever stands behind them."""

from __future__ import annotations

import math
import statistics
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from openenv.project.claims import Claims
from openenv.project.project import Project
from openenv.protocol import Dialect
from openenv.validation.check import NotChecked, ProbeError, TimeUp
from openenv.validation.files.sources import Sources
from openenv.validation.play.effort import Effort
from openenv.validation.play.script import Request, Script
from openenv.validation.remembered import remembered
from openenv.validation.schemas import Schemas
from openenv.validation.serving.wire import Frame, Player

T = TypeVar("T")

_SLOW_S = 0.1
"""A step that takes longer is worth a word where the time is up."""

_SHARE = 16
"""Into so many parts the time is divided. A check plays what takes one part up to four times."""


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes:
        frame: The reply; ``None`` where none came.
        trouble: Why none came.
        seconds: How long it took.
    """

    frame: Frame | None
    trouble: ProbeError | None = None
    seconds: float = 0.0


Answers = tuple[Answer, ...]
"""One for each request of a script."""


class Arena(ABC):
    """Where episodes are played.

    Args:
        effort: How much is played.
        timeout_s: The longest wait for an answer, in seconds.
        project: The project that the environment belongs to, if that is at hand.
        pid: The process that it lives in, if that is known.
    """

    def __init__(
        self, effort: Effort, timeout_s: float, project: Project | None = None, pid: int | None = None
    ) -> None:
        self.effort = effort
        self.timeout_s = timeout_s
        self.project = project
        self.pid = pid
        self.claims = (project.manifest.validation if project else None) or Claims()
        """What the environment says about itself."""
        self.longest_s = 0.0
        """How long the longest answer has taken so far."""
        self.ends_s = math.inf
        """When playing has to end in any case, as ``time.monotonic`` counts."""
        self._until: float | None = None
        self._steps_s: list[float] = []

    def unclaimed(self) -> NotChecked:
        """Say why something is not checked that an environment need not claim: one reason for all that it does not."""
        if self.project is None:
            return NotChecked("there is no manifest at hand, which could claim it")
        return NotChecked("openenv.yaml does not claim it under validation")

    def claimed_at(self, *keys: str | int) -> str:
        """Name the place in the manifest where it says something of this; see ``Sources.manifest_place``."""
        assert self.project is not None, "without a project nothing is claimed"
        return Sources(self.project.root).manifest_place("validation", *keys)

    @property
    @abstractmethod
    def dialect(self) -> Dialect:
        """The newest dialect that is spoken; raises ``ProbeError`` where none is."""

    @property
    @abstractmethod
    def schemas(self) -> Schemas:
        """What it says that it takes and gives, or ``NotChecked`` where that is of no use."""

    @property
    @abstractmethod
    def seedable(self) -> bool | None:
        """Whether a reset takes a seed; ``None`` where nobody says."""

    @property
    def max_sessions(self) -> int | None:
        """How many sessions there may be at once; ``None`` where nobody says."""
        return None

    @abstractmethod
    def session(self, dialect: Dialect | None = None) -> AbstractContextManager[Player]:
        """Open a fresh session, in the newest dialect where none is named.

        Raises:
            NotChecked: Every slot stays taken.
            ProbeError: It does not open.
        """

    @abstractmethod
    def first_result(self) -> dict[str, Any]:
        """Give what a reset returns, by whatever way there is."""

    def anew(self, timeout_s: float) -> AbstractContextManager[Arena]:
        """Start what stands behind it once more, to play what may end it.

        Args:
            timeout_s: The longest wait for an answer there, in seconds.

        Raises:
            NotChecked: That cannot be done here, or it does not start.
        """
        raise NotChecked("it cannot be started anew")

    def play(self, script: Script, dialect: Dialect | None = None) -> Answers:
        """Play in fresh sessions.

        Args:
            script: What is sent; each of its sessions opens with its first request.
            dialect: What is spoken; the newest where left out.

        Returns:
            The answers; once a session has failed to answer, nothing more is asked of it.

        Raises:
            NotChecked: There is no slot, or the time for playing is up.
        """
        players: dict[int, Player | ProbeError] = {}
        answers: list[Answer] = []
        with ExitStack() as stack:
            closers: dict[int, ExitStack] = {}
            for request in script:
                name = request.session
                if name not in players:
                    closers[name] = stack.enter_context(ExitStack())
                    players[name] = self._opened(closers[name], dialect)
                if request.kind == "close":
                    closers[name].close()
                    answers.append(Answer(None))
                    continue
                self.require_time()
                answers.append(self.ask(players[name], request))
                trouble = answers[-1].trouble
                if trouble is not None:
                    players[name] = trouble
        return tuple(answers)

    def ask(self, player: Player | ProbeError, request: Request) -> Answer:
        """Send one request in a session, or say why there is none."""
        if isinstance(player, ProbeError):
            return Answer(None, player)
        begun = time.monotonic()
        try:
            frame = player.ask(request.kind, request.data)
        except ProbeError as trouble:
            return Answer(None, trouble, time.monotonic() - begun)
        took = time.monotonic() - begun
        if request.kind == "step":
            self._steps_s.append(took)
        self.longest_s = max(self.longest_s, took)
        return Answer(frame, None, took)

    def require_time(self) -> None:
        """Raise ``TimeUp`` where the time for playing is up; it runs from the first call on."""
        now = time.monotonic()
        if self._until is None:
            self._until = min(now + self.effort.seconds, self.ends_s)
        if now > self._until:
            raise TimeUp(self._why_late)

    @remembered
    def _why_late(self) -> str:
        """That the time is up, and what may have taken it."""
        step_s = statistics.median(self._steps_s) if self._steps_s else 0.0
        slow = f": a step takes {step_s:.2g} s" if step_s > _SLOW_S else ""
        more = "" if self.effort.trend else "; --thorough takes longer"
        return f"the {self.effort.seconds:g} s for playing were over{slow}{more}"

    def share_end(self) -> float:
        """Say when the share of the time is over that one check may take from now on, as ``time.monotonic`` counts."""
        return time.monotonic() + self.effort.seconds / _SHARE

    def share_of(self, items: Iterable[T]) -> Iterator[T]:
        """Go through things as long as one check's share of the time lasts, at least one of them."""
        until = self.share_end()
        for item in items:
            yield item
            if time.monotonic() > until:
                return

    def _opened(self, stack: ExitStack, dialect: Dialect | None) -> Player | ProbeError:
        try:
            return stack.enter_context(self.session(dialect))
        except ProbeError as trouble:
            return trouble
