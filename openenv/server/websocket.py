"""``/ws``: a plain ASGI callable that speaks both dialects."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import MutableMapping
from typing import Any

from openenv.errors import OpenEnvError, RequestValidationError, SessionNotFoundError
from openenv.protocol import MAX_MESSAGE_BYTES, SUBPROTOCOL, CloseCode, Dialect
from openenv.protocol.frames import FrameDecoder, Reply, Request, greeting_frame, reply_frame
from openenv.protocol.ledger import NumberedLedger
from openenv.server.security import Receive, Scope, Send, is_local
from openenv.sessions.host import error_reply
from openenv.sessions.service import SessionService
from openenv.sessions.session import Session
from openenv.sessions.store import Phase
from openenv.version import DISTRIBUTION, VERSION

FIRST_FRAME_TIMEOUT_S = 10.0
_MOST_PIPELINED = 16
_NOT_TEXT = Request("invalid", RequestValidationError("binary frames are not taken; send JSON as text"))
_CLOSE_CODES = {
    "CAPACITY_REACHED": CloseCode.TRY_LATER,
    "DRAINING": CloseCode.GOING_AWAY,
    "FACTORY_ERROR": CloseCode.FAILED,
    "TIMEOUT": CloseCode.FAILED,
    "ENVIRONMENT_CRASHED": CloseCode.FAILED,
}


class WebSocketEndpoint:
    """Serves sessions over WebSocket.

    Args:
        service: Where sessions come from.
        resumable: Whether a session may outlive its socket; not so where several processes share a port.
    """

    def __init__(self, service: SessionService, *, resumable: bool = True) -> None:
        self._service = service
        self.resumable = resumable
        # A worker process validates its actions itself; here they are passed through.
        in_process = service.settings.place == "process"
        self.action_type: Any = dict[str, Any] if in_process else service.blueprint.action_type
        self._decoders = {dialect: FrameDecoder(dialect, self.action_type) for dialect in Dialect}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection from its handshake to its end."""
        await receive()  # websocket.connect
        speaks_v2 = SUBPROTOCOL in scope.get("subprotocols", ())
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if speaks_v2 else None})
        verbose = is_local(scope)
        if speaks_v2:
            conversation = _V2(self._service, self._decoders[Dialect.V2], receive, send, verbose).serve(self.resumable)
        else:
            conversation = _V1(self._service, self._decoders[Dialect.V1], receive, send, verbose).serve()
        # A task of its own: every frame would otherwise wake all the coroutines of the middleware above, one by one.
        await asyncio.create_task(conversation)


class _Connection:
    """What both dialects share: text in, replies out, one session."""

    dialect: Dialect

    def __init__(
        self, service: SessionService, decoder: FrameDecoder, receive: Receive, send: Send, verbose: bool
    ) -> None:
        self._service = service
        self._decoder = decoder
        self._receive = receive
        self._send = send
        self._verbose = verbose
        self._outbox: deque[dict[str, Any]] = deque()
        self._sending = False
        self._waiters: list[asyncio.Future[None]] = []
        self._farewell: asyncio.Task[None] | None = None

    def _read(self, message: MutableMapping[str, Any]) -> Request:
        text = message.get("text")
        return _NOT_TEXT if text is None else self._decoder.decode(text)

    def _put(self, reply: Reply, number: int | str | None) -> None:
        if self._farewell is None:
            self._outbox.append({"type": "websocket.send", "text": reply_frame(reply, self.dialect, number)})

    async def _flush(self) -> None:
        """Send what is there; where somebody is sending already, wait until all of it is sent."""
        if self._sending:
            self._waiters.append(asyncio.get_running_loop().create_future())
            await self._waiters[-1]
            return
        self._sending = True
        try:
            while self._outbox:
                await self._send(self._outbox.popleft())
        finally:
            self._sending = False
            if self._waiters:
                self._let_go()

    def _let_go(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _dismissed(self, reply: Reply, number: int | str | None = None) -> None:
        """Tell the client why its session is over, and hang up."""
        self._put(reply, number)
        self._hang_up(self._close_code(reply.code))

    def _close_code(self, code: str | None) -> int:
        """The close code that goes with an error; always the same one in v1."""
        return CloseCode.NORMAL

    def _hang_up(self, code: int) -> None:
        """Send what is left and close the socket; nothing is sent after that, and the first reason counts."""
        if self._farewell is None:
            self._farewell = asyncio.get_running_loop().create_task(self._close(code))

    async def _goodbye(self) -> None:
        """Wait until the socket is closed, if it is being closed."""
        if self._farewell is not None:
            await self._farewell

    async def _close(self, code: int) -> None:
        self._outbox.append({"type": "websocket.close", "code": code})
        try:
            await self._flush()
        except OSError:
            self._outbox.clear()  # the client is gone already


class _V1(_Connection):
    """The deployed dialect: no ids, frames are answered in order, the session ends with the socket."""

    dialect = Dialect.V1
    _answer: asyncio.Future[None] | None = None

    async def serve(self) -> None:
        """Serve the connection to its end."""
        try:
            session = await self._service.open(Phase.ATTACHED, dialect=Dialect.V1, verbose=self._verbose)
        except OpenEnvError as error:
            self._put(error_reply(error), None)
            await self._close(CloseCode.NORMAL)
            return
        session.dismiss = self._dismissed
        try:
            await self._converse(session)
        except OSError:
            self._outbox.clear()  # the client is gone
        finally:
            session.dismiss = None
            session.leave()
            # The slot is free when the client hears the goodbye, as deployed: it may come back at once.
            await self._service.finish(session, "closed")
            self._hang_up(CloseCode.NORMAL)
            await self._goodbye()

    async def _converse(self, session: Session) -> None:
        while session.ended is None:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            request = self._read(message)
            if request.kind == "close":
                return
            session.submit(request, self._deliver)
            if not self._outbox:
                self._answer = asyncio.get_running_loop().create_future()
                await self._answer
            await self._flush()

    def _deliver(self, reply: Reply, number: int | str | None) -> None:
        self._put(reply, number)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    def _dismissed(self, reply: Reply, number: int | str | None = None) -> None:
        super()._dismissed(reply, number)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)


class _V2(_Connection):
    """Our dialect: numbered requests, and a session that outlives its socket.

    The reader never waits for the environment, so that it notices a client that leaves or asks too
    much; a reply that comes later is sent by a writer of its own.
    """

    dialect = Dialect.V2

    async def serve(self, resumable: bool) -> None:
        """Serve the connection to its end."""
        loop = asyncio.get_running_loop()
        self._resumable = resumable
        self._session: Session | None = None
        self._opening: asyncio.Task[None] | None = None
        self._early: list[Request] = []
        self._superseded = self._submitting = False
        self._late: asyncio.Future[None] = loop.create_future()
        writer = loop.create_task(self._write_late())
        code = int(CloseCode.FAILED)
        try:
            code = await self._converse()
        except OSError:
            self._outbox.clear()  # the client is gone
        finally:
            writer.cancel()
            if self._opening is not None:
                self._opening.cancel()
                await asyncio.wait([self._opening])
            self._leave(code)
            await self._goodbye()

    async def _converse(self) -> int:
        """Read until the socket closes; returns its close code."""
        try:
            message = await asyncio.wait_for(self._receive(), FIRST_FRAME_TIMEOUT_S)
        except asyncio.TimeoutError:
            self._refuse(RequestValidationError("no open or resume came in time"))
            return CloseCode.REFUSED
        if message["type"] != "websocket.disconnect":
            self._begin(self._read(message))
            await self._flush()
            message = await self._receive()
        while message["type"] != "websocket.disconnect":
            self._handle(self._read(message))
            await self._flush()
            message = await self._receive()
        return int(message.get("code") or CloseCode.FAILED)

    def _begin(self, request: Request) -> None:
        """Do what the first frame asks for."""
        if request.kind == "open":
            wait_s = float((request.data or {}).get("wait_s", 0.0))
            self._opening = asyncio.get_running_loop().create_task(self._open(wait_s))
            return
        try:
            if request.kind == "invalid":
                raise request.data
            if request.kind != "resume":
                raise RequestValidationError(f"the first frame is open or resume, not {request.kind}")
            if not self._resumable:
                raise SessionNotFoundError("this server runs several workers and cannot resume sessions")
            session = self._service.find(request.data["session_id"], request.data["session_token"], http=False)
            self._service.attach(session)
            self._hold(session, resumed=True)
        except OpenEnvError as error:
            self._refuse(error)

    async def _open(self, wait_s: float) -> None:
        try:
            session = await self._service.open(
                Phase.ATTACHED, wait_s=wait_s, on_queued=self._queued, verbose=self._verbose
            )
        except OpenEnvError as error:
            self._refuse(error)
            return
        if self._farewell is not None:  # the client was refused meanwhile
            self._service.end(session, "closed")
            return
        self._hold(session, resumed=False)
        for request in self._early:
            self._handle(request)
        self._wake_writer()

    def _queued(self, position: int) -> None:
        self._greet("queued", {"position": position})
        self._wake_writer()

    def _greet(self, kind: str, data: dict[str, Any]) -> None:
        self._outbox.append({"type": "websocket.send", "text": greeting_frame(kind, data)})

    def _handle(self, request: Request) -> None:
        """Do what a frame after the first one asks for."""
        if self._farewell is not None:
            return
        if self._session is None:
            self._early.append(request)
            if len(self._early) > _MOST_PIPELINED:
                self._refuse(RequestValidationError("too many frames before the session is open"))
        elif request.kind == "close":
            self._session.leave()
            self._service.end(self._session, "closed")
            self._hang_up(CloseCode.NORMAL)
        elif request.kind in ("open", "resume"):
            self._put(error_reply(RequestValidationError("this connection has its session already")), None)
        else:
            self._submitting = True
            self._session.submit(request, self._deliver)
            self._submitting = False

    def _hold(self, session: Session, *, resumed: bool) -> None:
        """Take the session and tell the client so."""
        self._session = session
        session.supersede, session.dismiss = self._supersede, self._dismissed
        settings = self._service.settings
        assert isinstance(session.ledger, NumberedLedger)
        greeting = {
            "session_id": session.id,
            "session_token": session.lease.token,
            "resumed": resumed,
            "last_id": session.ledger.last_id,
            "resume_window_s": settings.limits.resume_window_s if self._resumable else 0,
            "idle_timeout_s": settings.limits.idle_timeout_s,
            "max_message_bytes": MAX_MESSAGE_BYTES,
            "server": f"{DISTRIBUTION}/{VERSION}",
        }
        self._greet("session", greeting)

    def _deliver(self, reply: Reply, number: int | str | None) -> None:
        if self._superseded:
            return
        if reply.fatal:
            self._dismissed(reply, number)
            return
        self._put(reply, number)
        if not self._submitting:
            self._wake_writer()

    def _wake_writer(self) -> None:
        if not self._late.done():
            self._late.set_result(None)

    async def _write_late(self) -> None:
        """Send what comes while the reader waits for the client."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._late
                self._late = loop.create_future()
                await self._flush()
        except OSError:
            self._outbox.clear()  # the client is gone; the reader hears of it too

    def _supersede(self) -> None:
        """A newer socket has the session: this one gets nothing more."""
        self._superseded = True
        self._outbox.clear()
        self._hang_up(CloseCode.SUPERSEDED)

    def _close_code(self, code: str | None) -> int:
        return _CLOSE_CODES.get(code or "", CloseCode.REFUSED)

    def _refuse(self, error: OpenEnvError) -> None:
        self._dismissed(error_reply(error))

    def _leave(self, code: int) -> None:
        """Let go of the session: it ends if the client said so, else it waits to be resumed."""
        session = self._session
        if session is None or self._superseded or session.ended is not None:
            return
        if self._resumable and code not in (CloseCode.NORMAL, CloseCode.GOING_AWAY):
            self._service.detach(session)
        else:
            session.supersede = session.dismiss = None
            session.leave()
            self._service.end(session, "closed")
