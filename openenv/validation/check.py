"""One check: what it is called, what it looks at, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from openenv.validation.play.replay import Replay


class Severity(str, Enum):
    """How much a finding weighs: a warning counts only with ``--strict``."""

    ERROR = "error"
    WARNING = "warning"


class Stage(str, Enum):
    """What a check looks at, and so what has to happen before it can run, in this order.

    The function of a check is called with that object: the project's ``Sources``, its ``Wheel``, its ``Imports``,
    the ``Launch`` of its server, the ``Server`` at work, the ``Recording`` of episodes played there,
    further ``Play``, the ``Slots`` of a second server, and how the first one came to its ``Exit``.
    """

    SOURCES = "sources"
    WHEEL = "wheel"
    IMPORTS = "imports"
    LAUNCH = "launch"
    SERVER = "server"
    RECORDING = "recording"
    PLAY = "play"
    SLOTS = "slots"
    EXIT = "exit"


AT_WORK = (Stage.SERVER, Stage.RECORDING, Stage.PLAY)
"""Stages for which the environment has to be at work."""

STARTED = "H003"
"""The check that every check of a server at work needs."""

FAMILIES = {"S": "Static", "H": "Start and HTTP", "W": "WebSocket", "B": "Behaviour"}
"""The first letter of an id -> what its checks have in common."""


V1_ONLY = "the server speaks v1 only"
"""Why a check of ``openenv.v2`` has nothing to say about a deployed server."""


class NotChecked(Exception):
    """Raised by a check, or by what it looks at, that cannot tell either way; the message says why."""


class TimeUp(NotChecked):
    """There was no time left to look; with ``--strict`` that counts, as a warning does."""


class ProbeError(Exception):
    """The server did not answer, or not as it should.

    Args:
        message: What happened.
        traceback: How the environment came to it, where the server said so.
        mend: What would do about it, where that is known better than to the check.
        lost: Whether the connection was lost before an answer came.
        unknown: The option of a reset that the environment does not take, where that is what is wrong.
    """

    def __init__(
        self,
        message: str,
        traceback: str | None = None,
        *,
        mend: str | None = None,
        lost: bool = False,
        unknown: str | None = None,
    ) -> None:
        super().__init__(message)
        self.traceback = traceback
        self.mend = mend
        self.lost = lost
        self.unknown = unknown

    def finding(self, where: str | None = None, after: str | None = None) -> Finding:
        """Make a finding of it.

        Args:
            where: The route or frame.
            after: What was done before, if that matters.
        """
        message = str(self) if after is None else f"after {after}: {self}"
        return Finding(message, where, self.mend, traceback=self.traceback, lost=self.lost)


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes:
        message: What is wrong, in one line.
        where: The file and line, route or frame.
        mend: How to mend it; where left out, what the check says in general.
        details: Further lines, such as the frames of a traceback.
        traceback: How the environment came to it, as Python prints it.
        lost: Whether it is that the connection was lost before an answer came: the server may be gone.
        replay: The shortest episode that shows it, where it can be played again.
    """

    message: str
    where: str | None = None
    mend: str | None = None
    details: tuple[str, ...] = ()
    traceback: str | None = None
    lost: bool = False
    replay: Replay | None = None


Function = Callable[[Any], Iterable[Finding] | None]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True)
class Check:
    """A check as it stands in the registry.

    Attributes:
        id: Its stable name: a letter for the family and three digits.
        title: What is so when it passes.
        severity: What its findings weigh.
        stage: What it looks at.
        mend: How findings are mended, in one line.
        needs: Ids of checks that must have passed; it is not checked where one of them has not.
        spoilt_by: Ids of checks whose fault makes it fail as well; it is not checked where one of them has failed.
        v2: Whether it concerns only servers that speak ``openenv.v2``.
        function: Yields what is wrong; nothing means that it passed.
    """

    id: str
    title: str
    severity: Severity
    stage: Stage
    mend: str
    needs: tuple[str, ...]
    v2: bool
    function: Function
    spoilt_by: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The letter of its family, a key of ``FAMILIES``."""
        return self.id[0]


_registered: dict[str, Check] = {}


def check(
    id: str,  # noqa: A002 - the word that users read
    title: str,
    *,
    stage: Stage,
    mend: str,
    severity: Severity = Severity.ERROR,
    needs: tuple[str, ...] = (),
    spoilt_by: tuple[str, ...] = (),
    v2: bool = False,
) -> Callable[[F], F]:
    """Register a function as a check; see :class:`Check` for the arguments."""

    def register(function: F) -> F:
        if id in _registered:
            raise ValueError(f"two checks are called {id}")
        started = (STARTED,) if stage in AT_WORK else ()
        _registered[id] = Check(id, title, severity, stage, mend, (*started, *needs), v2, function, spoilt_by)
        return function

    return register


def registered() -> dict[str, Check]:
    """Return the checks of every family, by id and in its order."""
    from openenv.validation import checks

    checks.load()
    return dict(sorted(_registered.items(), key=lambda item: ("SHWB".index(item[0][0]), item[0])))
