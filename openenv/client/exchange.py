"""One session seen from its client: what to send, what a frame means, what a lost socket leads to.

Pure: no socket, no clock, no event loop. The link feeds it and does what it says.

::

    OFFLINE ──connected──► GREETING ──session──► READY ──lost──► OFFLINE …
                 └───────── a v1 server ──────────┘
    each of them ──► OVER, for good; ``error`` says why
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from openenv.errors import (
    ConnectError,
    DeadlineError,
    EnvironmentCrashedError,
    EnvironmentFactoryError,
    InvalidResultError,
    OpenEnvError,
    RequestValidationError,
    ServerDrainingError,
    SessionCapacityError,
    SessionError,
    SessionExpiredError,
    SessionNotFoundError,
    SessionSupersededError,
)
from openenv.protocol import CloseCode, Dialect
from openenv.protocol.faults import error_from_wire
from openenv.protocol.frames import greeting_frame, request_frame

RESUME_DELAYS_S = (0.0, 0.25, 1.0, 4.0, 15.0)
"""How long to wait before each try to resume, in seconds."""

TRIES_WHERE_NOBODY_LISTENS = 3
"""Tries to resume on this machine while connections are refused: a second or so, for what stands in between to return.

A server that listens no more has taken its sessions with it.
"""

_REPLY = re.compile(rb'\{"type": ?"(observation|state)", ?(?:"id": ?(\d+), ?)?"data": ?')
_EXPECTED = {"reset": "observation", "step": "observation", "state": "state"}
_NOT_CONSUMED = {"BUSY", "STALE_REQUEST", "OUT_OF_ORDER", "ID_REUSED"}
_ENDS_SESSION = (SessionError, DeadlineError, EnvironmentCrashedError, EnvironmentFactoryError)
_FINAL_CLOSES = {CloseCode.NORMAL, CloseCode.GOING_AWAY, CloseCode.REFUSED, CloseCode.TRY_LATER, CloseCode.SUPERSEDED}


class Phase(Enum):
    """Where the session stands."""

    OFFLINE = auto()
    """There is no connection, not yet or not now."""
    GREETING = auto()
    """Connected; the server has not confirmed the session."""
    READY = auto()
    """Requests may be sent."""
    OVER = auto()
    """The session has ended."""


@dataclass(slots=True, eq=False)
class Call:
    """One request, from the call of a method to its end.

    Attributes:
        kind: ``reset``, ``step`` or ``state``.
        body: The options or the action, as JSON.
        settle: Takes the reply's data as JSON, or the error; ``None`` once settled, or when nobody waits any more.
        timeout_s: The deadline that the server is to keep, in seconds.
        frame: The frame, once it was sent.
    """

    kind: str
    body: str | None
    settle: Callable[[bytes | OpenEnvError], None] | None
    timeout_s: float | None = None
    frame: bytes | None = None

    def finish(self, outcome: bytes | OpenEnvError) -> None:
        """Hand over the outcome, unless nobody waits for it."""
        settle, self.settle = self.settle, None
        if settle is not None:
            settle(outcome)


class Settled(NamedTuple):
    """A call has its outcome: data as JSON, or an error."""

    call: Call
    outcome: bytes | OpenEnvError


class Greeted(NamedTuple):
    """The session is confirmed; ``repeat`` is the unanswered frame to send again, if there is one."""

    repeat: bytes | None


class Over(NamedTuple):
    """The session has ended, for good."""

    error: OpenEnvError


class Loss(NamedTuple):
    """A connection has gone: whether to resume, and which call must not be repeated."""

    resume: bool
    refused: Settled | None = None


@dataclass(frozen=True)
class Ticket:
    """What the server said about the session when it opened.

    Attributes:
        session_id: Its public name.
        session_token: The right to use it.
        resume_window_s: How long it is kept without a connection, in seconds.
        max_message_bytes: The largest frame that the server takes.
    """

    session_id: str
    session_token: str
    resume_window_s: float
    max_message_bytes: int


class Exchange:
    """The state of one session.

    Args:
        wait_s: How long the server may let us wait for a free slot, in seconds.
    """

    def __init__(self, wait_s: float) -> None:
        self.phase = Phase.OFFLINE
        self.dialect: Dialect | None = None
        self.ticket: Ticket | None = None
        self.pending: Call | None = None
        self.error: OpenEnvError | None = None
        self._wait_s = wait_s
        self._last_id = 0

    @property
    def idle(self) -> bool:
        """Whether the next request may be sent now."""
        return self.phase is Phase.READY and self.pending is None

    def connected(self, dialect: Dialect) -> bytes | None:
        """Begin on a fresh connection.

        Args:
            dialect: What the server picked.

        Returns:
            The first frame to send; ``None`` where the server speaks first.
        """
        self._expect(Phase.OFFLINE)
        if self.ticket is not None and dialect is Dialect.V1:
            self.end(SessionNotFoundError("another server answers there now, and it does not know the session"))
            return None
        self.dialect = dialect
        if dialect is Dialect.V1:
            self.phase = Phase.READY
            return None
        self.phase = Phase.GREETING
        if self.ticket is None:
            return greeting_frame("open", {"wait_s": self._wait_s}).encode()
        proof = {"session_id": self.ticket.session_id, "session_token": self.ticket.session_token}
        return greeting_frame("resume", proof).encode()

    def send(self, call: Call) -> bytes:
        """Make a call the pending one.

        Args:
            call: The call.

        Returns:
            The frame to send.

        Raises:
            RequestValidationError: It is larger than the server takes; nothing was sent.
        """
        self._expect(Phase.READY)
        number = None if self.dialect is Dialect.V1 else self._last_id + 1
        limit = None if number is None else call.timeout_s
        frame = request_frame(call.kind, number, call.body, limit).encode()
        if self.ticket is not None and len(frame) > self.ticket.max_message_bytes:
            most = self.ticket.max_message_bytes
            message = f"the {call.kind} request has {len(frame):,} bytes; the server takes at most {most:,}"
            raise RequestValidationError(message, {"max_message_bytes": most})
        self.pending, call.frame = call, frame
        if number is not None:
            self._last_id = number
        return frame

    def received(self, raw: bytes) -> Settled | Greeted | Over | None:
        """Read a frame.

        Args:
            raw: The frame.

        Returns:
            What it leads to; ``None`` where it can be dropped.
        """
        match = _REPLY.match(raw)
        if match is not None and self.phase is Phase.READY and (match[2] is None) is (self.dialect is Dialect.V1):
            number = None if match[2] is None else int(match[2])
            return self._replied(match[1].decode(), number, raw[match.end() : -1])
        try:
            frame = from_json(raw)
            kind, data = frame["type"], frame.get("data", {})
        except (ValueError, TypeError, KeyError, AttributeError):
            return self.end(SessionError("the server sent something that is not an OpenEnv frame"))
        if kind == "error":
            error = error_from_wire(data if isinstance(data, dict) else {"message": str(data)})
            return self._failed(error, frame.get("id"))
        if kind == "session" and self.phase is Phase.GREETING:
            return self._greeted(data)
        if kind in ("observation", "state") and self.phase is Phase.READY:
            return self._replied(kind, frame.get("id"), to_json(data))
        return None

    def lost(self, code: int, reason: str, *, ours: bool = False) -> Loss:
        """Decide what to do about a connection that has gone.

        Args:
            code: Its close code.
            reason: What the close frame said.
            ours: Whether it was our end that closed it, because of what the server sent.

        Returns:
            Whether to resume, and the call that must not be repeated.
        """
        opening = self.phase is Phase.GREETING and self.ticket is None
        if self.phase is Phase.OVER:
            return Loss(resume=False)
        self.phase = Phase.OFFLINE
        if opening:
            self.end(ConnectError(f"the server hung up before the session was open ({_said(code, reason)})"))
        elif code in _FINAL_CLOSES and self.dialect is Dialect.V2:
            self.end(_closed(code, reason))
        elif self.ticket is None or not self.ticket.resume_window_s:
            self.end(_lost_with_socket(code, reason))
        elif code in (CloseCode.INVALID_DATA, CloseCode.TOO_LARGE) and self.pending is not None:
            call, self.pending = self.pending, None
            return Loss(resume=True, refused=Settled(call, _refused(code, call.kind, ours)))
        return Loss(resume=self.phase is Phase.OFFLINE)

    def end(self, error: OpenEnvError) -> Over:
        """End the session; the first error stands.

        Args:
            error: Why.

        Returns:
            The end.
        """
        self.phase = Phase.OVER
        self.error = self.error or error
        return Over(self.error)

    def _expect(self, phase: Phase) -> None:
        if self.phase is not phase:
            raise AssertionError(f"expected {phase.name}, got {self.phase.name}")

    def _greeted(self, data: dict[str, Any]) -> Greeted | Over:
        """Take the session up; after a resume, find out whether the pending request had arrived."""
        try:
            window, most = float(data["resume_window_s"]), int(data["max_message_bytes"])
            self.ticket = Ticket(str(data["session_id"]), str(data["session_token"]), window, most)
            last_id = int(data["last_id"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            return self.end(SessionError(f"the server's greeting is incomplete: {error!r}"))
        self.phase = Phase.READY
        if self.pending is None:
            self._last_id = last_id
            return Greeted(None)
        if last_id not in (self._last_id, self._last_id - 1):
            return self.end(SessionError(f"the server is at request {last_id}, this client at {self._last_id}"))
        return Greeted(self.pending.frame)

    def _replied(self, kind: str, number: int | None, body: bytes) -> Settled | Over | None:
        call = self.pending
        if call is None or (number is not None and number != self._last_id):
            return None  # late or twice: it belongs to nobody who waits
        if kind != _EXPECTED[call.kind]:
            return self.end(SessionError(f"expected a reply to {call.kind}, got {kind}"))
        self.pending = None
        return Settled(call, body)

    def _failed(self, error: OpenEnvError, number: Any) -> Settled | Over | None:
        """Find out whom an error frame is for: the pending call, the session, or nobody."""
        if self.phase is Phase.GREETING:
            return self.end(error)
        unnumbered = self.dialect is Dialect.V2 and number is None
        ends = isinstance(error, _ENDS_SESSION)
        call = self.pending
        if call is None or (unnumbered and ends):
            # v1 sends an error that nobody asked for only when it is about to hang up.
            return self.end(error) if ends or self.dialect is Dialect.V1 else None
        if number is not None and number != self._last_id:
            return None
        self.pending = None
        if unnumbered or error.code in _NOT_CONSUMED:
            self._last_id -= 1
        if ends:
            self.end(error if isinstance(error, SessionError) else _ended_by(error))
        return Settled(call, error)


def _said(code: int, reason: str) -> str:
    return f"code {code}, {reason}" if reason else f"code {code}"


def _ended_by(error: OpenEnvError) -> OpenEnvError:
    return SessionExpiredError(f"the session ended: {error}", {"reason": (error.code or "ended").lower()})


def _lost_with_socket(code: int, reason: str) -> OpenEnvError:
    message = f"the connection was lost ({_said(code, reason)}), and this server's sessions end with their connection"
    return SessionExpiredError(message, {"reason": "lost", "close_code": code}, hint="connect() opens a fresh session")


def _closed(code: int, reason: str) -> OpenEnvError:
    said = _said(code, reason)
    if code == CloseCode.GOING_AWAY:
        return ServerDrainingError(f"the server is shutting down ({said})")
    if code == CloseCode.SUPERSEDED:
        return SessionSupersededError("another connection took this session over")
    if code == CloseCode.TRY_LATER:
        return SessionCapacityError(f"the server is full ({said})")
    if code == CloseCode.REFUSED:
        return SessionError(f"the server refused the connection ({said})")
    return SessionExpiredError(f"the server closed the session ({said})", {"reason": "closed", "close_code": code})


def _refused(code: int, kind: str, ours: bool) -> OpenEnvError:
    facts = {"close_code": code}
    if ours:
        message = f"the reply to {kind} is larger than max_message_size_mb allows; the {kind} did run"
        return InvalidResultError(message, facts)
    what = "is larger than the server takes" if code == CloseCode.TOO_LARGE else "is not valid UTF-8"
    return RequestValidationError(f"the {kind} request {what}", facts)
