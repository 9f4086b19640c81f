"""A raw WebSocket to the server under test, and sessions of both dialects on it.

The checks send frames that no client would send, so they do not use the client.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from openenv.client.address import is_loopback, websocket_url
from openenv.errors import EnvironmentFactoryError
from openenv.protocol import SUBPROTOCOL, CloseCode, Dialect
from openenv.validation.check import NotChecked, ProbeError
from openenv.validation.mends import mend_refusal, mend_silence
from openenv.validation.wording import brief

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_MAX_MESSAGE = 100 * 1024 * 1024
_CLOSE_TIMEOUT_S = 5.0
_PAUSE_S = 0.1
_LONGEST_ERROR = 500
FULL = "CAPACITY_REACHED"
"""The code of the error that says that every slot is taken."""


@dataclass(frozen=True)
class Frame:
    """A frame that the server sent.

    Attributes:
        kind: Its ``type``.
        data: Its ``data``; empty where there is none.
        content: The whole frame.
    """

    kind: str
    data: dict[str, Any]
    content: dict[str, Any]

    @property
    def code(self) -> str | None:
        """The code of an error, ``None`` for anything else."""
        return str(self.data.get("code")) if self.kind == "error" else None

    @property
    def traceback(self) -> str | None:
        """How the environment came to an error, where the server says so."""
        told = self.data.get("traceback")
        return told if isinstance(told, str) else None

    def __str__(self) -> str:
        if self.kind != "error":
            return f"{self.kind} {brief(json.dumps(self.data))}"
        said = f"{self.code}: {self.data.get('message')}"
        return f"{self.kind} {brief(said, _LONGEST_ERROR)}"


class Socket:
    """One connection to ``/ws``.

    Args:
        connection: The connection, already open.
        timeout_s: The longest wait for a frame, in seconds.
    """

    def __init__(self, connection: ClientConnection, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s

    @property
    def dialect(self) -> Dialect:
        """What the server picked when ``openenv.v2`` was offered."""
        return Dialect.V2 if self._connection.subprotocol == SUBPROTOCOL else Dialect.V1

    def send(self, content: Any) -> None:
        """Send an object as JSON, or text and bytes as they are."""
        from websockets.exceptions import ConnectionClosed

        try:
            self._connection.send(content if isinstance(content, (str, bytes)) else json.dumps(content))
        except ConnectionClosed as closed:
            _gone(closed, f"before {named(content)} could be sent")

    def receive(self, request: Any) -> Frame:
        """Wait for a frame.

        Args:
            request: What was sent, to name it when no answer comes.

        Raises:
            ProbeError: The server closed, said nothing in time, or sent something that is no frame.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            text = self._connection.recv(self._timeout_s)
        except TimeoutError:
            raise unanswered(request, self._timeout_s) from None
        except ConnectionClosed as closed:
            _gone(closed, f"in answer to {named(request)}")
        return frame_of(text, request)

    def ask(self, content: Any) -> Frame:
        """Send a frame and wait for its answer; a server that has hung up already may have said why."""
        try:
            self.send(content)
        except ProbeError as gone:
            try:
                return self.receive(content)
            except ProbeError:
                raise gone from None
        return self.receive(content)

    def cut(self) -> None:
        """Lose the connection, without a word to the server."""
        self._connection.socket.shutdown(SHUT_RDWR)

    def closing(self) -> int | None:
        """Wait until the server closes; return its code, or ``None`` where it does not."""
        from websockets.exceptions import ConnectionClosed

        try:
            self._connection.recv(min(self._timeout_s, _CLOSE_TIMEOUT_S))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
        except TimeoutError:
            return None
        raise ProbeError("a frame came where the connection should have been closed")


def frame_of(text: str | bytes, request: Any) -> Frame:
    """Read a frame.

    Args:
        text: What came.
        request: What it answers.

    Raises:
        ProbeError: It is no frame.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise ProbeError(f"{named(request)} was answered by {brief(text)}, which is no frame")
    data = content.get("data")
    return Frame(content["type"], data if isinstance(data, dict) else {}, content)


def unanswered(request: Any, timeout_s: float) -> ProbeError:
    """Make the error for a request that was not answered in time."""
    said = named(request)
    return ProbeError(f"{said} was not answered within {timeout_s:g} s", mend=mend_silence(said))


@contextmanager
def connected(
    base_url: str, timeout_s: float, headers: Mapping[str, str] | None = None, *, offer: bool
) -> Iterator[Socket]:
    """Open a connection to ``/ws``.

    Args:
        base_url: Where the server is, ``http`` or ``https``.
        timeout_s: The longest wait for the connection and for each frame, in seconds.
        headers: What it asks for of whoever speaks to it, if anything.
        offer: Whether to offer ``openenv.v2``.

    Yields:
        The connection; it is closed afterwards with 1000, which ends its session in both dialects.

    Raises:
        ProbeError: It could not be opened.
    """
    from websockets.exceptions import ConnectionClosed, InvalidHandshake
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    try:
        connection = connect(
            websocket_url(base_url),
            subprotocols=[Subprotocol(SUBPROTOCOL)] if offer else None,
            additional_headers=headers,
            open_timeout=timeout_s,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=_MAX_MESSAGE,
            proxy=None if is_loopback(base_url) else True,
        )
    except TimeoutError:
        raise ProbeError(f"/ws did not open within {timeout_s:g} s") from None
    except (OSError, ConnectionClosed, InvalidHandshake) as error:
        lost = not isinstance(error, InvalidHandshake) or isinstance(error.__cause__, EOFError)
        raise ProbeError(f"/ws does not open: {error}", lost=lost) from None
    with connection:
        try:
            yield Socket(connection, timeout_s)
        finally:
            # Before the context manager does, which says 1011 after an exception: the session would be kept.
            connection.close()


class Line(Protocol):
    """Carries requests of one session, and brings their answers."""

    def ask(self, content: Any) -> Frame:
        """Send a frame and wait for its answer, or raise ``ProbeError``."""
        ...


class Player:
    """A session, played with well-formed requests.

    Args:
        line: What carries them.
        dialect: What is spoken on it.
    """

    def __init__(self, line: Line, dialect: Dialect) -> None:
        self.dialect = dialect
        self.last_id = 0
        self.reset_options: Mapping[str, Any] = {}
        """What each reset gets beside what it is asked for."""
        self._line = line

    def ask(self, kind: str, data: Any = None) -> Frame:
        """Send the next request and wait for its reply."""
        return self._line.ask(self.next(kind, data))

    def next(self, kind: str, data: Any = None) -> dict[str, Any]:
        """Write the next request without sending it; in v2 it takes the next id."""
        if kind == "reset" and self.reset_options:
            data = {**self.reset_options, **(data or {})}
        frame: dict[str, Any] = {"type": kind} if data is None else {"type": kind, "data": data}
        if self.dialect is Dialect.V2:
            self.last_id += 1
            frame["id"] = self.last_id
        return frame

    def expect(self, kind: str, reply: str, data: Any = None) -> Frame:
        """Send the next request, which must be answered by a certain type of reply.

        Raises:
            ProbeError: It is answered by something else.
        """
        answer = self.ask(kind, data)
        if answer.kind != reply:
            raise refused(kind, answer)
        return answer


class Session(Player):
    """A session on a connection.

    Args:
        socket: The connection.
        dialect: What is spoken on it.
        greeting: What the server said when it opened (v2).
    """

    def __init__(self, socket: Socket, dialect: Dialect, greeting: dict[str, Any] | None = None) -> None:
        super().__init__(socket, dialect)
        self.socket = socket
        self.greeting = greeting or {}


@contextmanager
def v1_session(base_url: str, timeout_s: float, headers: Mapping[str, str] | None = None) -> Iterator[Session]:
    """Open a v1 session, waiting for a slot that an earlier one is only just giving back.

    Raises:
        NotChecked: Every slot of the server stays taken.
        ProbeError: The server does not answer.
    """
    give_up = time.monotonic() + min(timeout_s, _CLOSE_TIMEOUT_S)
    while True:
        with connected(base_url, timeout_s, headers, offer=False) as socket:
            # v1 has no greeting: a full server says so in place of the first answer.
            answer = socket.ask({"type": "state"})
            if answer.code != FULL:
                yield Session(socket, Dialect.V1)
                return
        if time.monotonic() > give_up:
            raise NotChecked(f"the server is full: {answer.data.get('message')}")
        time.sleep(_PAUSE_S)


@contextmanager
def v2_session(
    base_url: str, timeout_s: float, headers: Mapping[str, str] | None = None, wait_s: float = _CLOSE_TIMEOUT_S
) -> Iterator[Session]:
    """Open a v2 session, waiting in the server's queue for a slot.

    Args:
        base_url: Where the server is.
        timeout_s: The longest wait for the connection and for each frame, in seconds.
        headers: What it asks for of whoever speaks to it, if anything.
        wait_s: The longest wait for a slot, in seconds.

    Raises:
        NotChecked: Every slot of the server stays taken.
        ProbeError: The server does not answer, or not with a session.
    """
    with connected(base_url, timeout_s, headers, offer=True) as socket:
        opening = {"type": "open", "data": {"wait_s": min(timeout_s, wait_s)}}
        answer = socket.ask(opening)
        while answer.kind == "queued":
            answer = socket.receive(opening)
        if answer.code == FULL:
            raise NotChecked(f"the server is full: {answer.data.get('message')}")
        if answer.kind != "session":
            raise refused("open", answer)
        yield Session(socket, Dialect.V2, answer.data)


@contextmanager
def resumed(base_url: str, timeout_s: float, headers: Mapping[str, str] | None, lost: Session) -> Iterator[Session]:
    """Take a v2 session up again on a new connection.

    Args:
        base_url: Where the server is.
        timeout_s: The longest wait for the connection and for each frame, in seconds.
        headers: What it asks for of whoever speaks to it, if anything.
        lost: The session, whose connection is lost.

    Raises:
        ProbeError: The server does not give it back.
    """
    with connected(base_url, timeout_s, headers, offer=True) as socket:
        proof = {name: lost.greeting.get(name) for name in ("session_id", "session_token")}
        answer = socket.ask({"type": "resume", "data": proof})
        if answer.kind != "session":
            raise refused("resume", answer)
        session = Session(socket, Dialect.V2, answer.data)
        session.last_id = lost.last_id
        yield session


def refused(request: str, answer: Frame) -> ProbeError:
    """Make the error for a request, by its type, that was answered by something else than it should be."""
    mend = mend_refusal(request, answer.data)
    said = f"{request} was answered by {answer}"
    if answer.code == EnvironmentFactoryError.code:  # who has asked for what, does not matter
        said = brief(str(answer.data.get("message")), _LONGEST_ERROR)
    return ProbeError(said, answer.traceback, mend=mend, unknown=answer.data.get("unknown"))


def named(request: Any) -> str:
    """Name a request in a message."""
    if isinstance(request, dict):
        return str(request.get("type"))
    return f"the frame {brief(request if isinstance(request, str) else repr(request))}"


def _gone(closed: Any, when: str) -> NoReturn:
    code = closed.rcvd.code if closed.rcvd else CloseCode.FAILED
    reason = f" {closed.rcvd.reason}" if closed.rcvd and closed.rcvd.reason else ""
    said = f"with {code}{reason}" if closed.rcvd else "without a word"
    raise ProbeError(f"the server closed the connection {said} {when}", lost=closed.rcvd is None) from None
