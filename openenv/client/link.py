"""Carries one session over one connection after another."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Any

from openenv.client.exchange import (
    RESUME_DELAYS_S,
    TRIES_WHERE_NOBODY_LISTENS,
    Call,
    Exchange,
    Greeted,
    Phase,
    Settled,
)
from openenv.client.transport import Connector, Transport
from openenv.errors import ConnectError, OpenEnvError, ResponseTimeoutError, SessionError

WAIT_FOR_SLOT_S = 30.0
"""How long a full server may keep us in its queue, in seconds."""

_RESUME_ANSWER_S = 10.0
_LAST_CHANCE_S = 1.0


class Link:
    """One session: connects, sends, reconnects and resumes.

    It lives in the event loop that opens it; everything here but ``request`` is a plain call there.

    Args:
        connector: Opens a connection.
        message_timeout_s: How long a reply may take, in seconds.
        exchange: A session to take up again; a fresh one where left out.
    """

    def __init__(self, connector: Connector, message_timeout_s: float, exchange: Exchange | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.message_timeout_s = message_timeout_s
        self._connector = connector
        self._exchange = exchange or Exchange(WAIT_FOR_SLOT_S)
        self._transport: Transport | None = None
        self._waiting: deque[Call] = deque()
        self._sending = False
        self._greeting: asyncio.Future[None] | None = None
        self._resuming: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._until_loop_ends: AsyncGenerator[None, None] | None = None

    @property
    def error(self) -> OpenEnvError | None:
        """Why the session has ended; ``None`` while it lives."""
        return self._exchange.error

    @property
    def session_id(self) -> str | None:
        """The session's public name, where the server gave it one."""
        return self._exchange.ticket.session_id if self._exchange.ticket else None

    async def open(self) -> None:
        """Connect and open the session.

        Raises:
            ConnectError: No server answers there.
            SessionCapacityError: No slot became free in time.
            OpenEnvError: The server refused, for another reason.
        """
        try:
            await self._establish()
        except BaseException as error:
            self._end(error if isinstance(error, OpenEnvError) else SessionError("the session was not opened"))
            raise

    async def request(self, kind: str, body: str | None, timeout_s: float | None = None) -> bytes:
        """Send a request and wait for the reply.

        Args:
            kind: ``reset``, ``step`` or ``state``.
            body: The options or the action, as JSON.
            timeout_s: The deadline that the server is to keep, in seconds.

        Returns:
            The reply's data, as JSON.

        Raises:
            ResponseTimeoutError: None came in time.
            OpenEnvError: What went wrong, on either side.
        """
        answer: asyncio.Future[bytes] = self.loop.create_future()
        call = Call(kind, body, partial(_resolve, answer), timeout_s)
        self.begin(call)
        timer = self.loop.call_later(self.message_timeout_s, self.expire, call)
        try:
            if answer.done():
                await asyncio.sleep(0)  # answered in process: other tasks and cancellation get their turn all the same
            return await answer
        finally:
            timer.cancel()
            if call.settle is not None:
                self.abandon(call)
            elif not answer.cancelled():
                answer.exception()  # looked at, also where a cancellation came first

    def begin(self, call: Call) -> None:
        """Send a call as soon as the one before it has ended; its ``settle`` gets the outcome."""
        if self.error is not None:
            call.finish(again(self.error))
            return
        self._waiting.append(call)
        self._send_next()

    def abandon(self, call: Call) -> None:
        """Stop waiting for a call: it is not sent any more, or its late reply is dropped."""
        call.settle = None
        if call in self._waiting:
            self._waiting.remove(call)

    def late(self, call: Call) -> ResponseTimeoutError:
        """Make the error for a call that took too long."""
        limit = f"within {self.message_timeout_s:g} s"
        if call.frame is None:
            return ResponseTimeoutError(f"{call.kind} was not sent {limit}: the request before it is not over")
        return ResponseTimeoutError(f"no reply to {call.kind} {limit}; it goes on, and the next call waits for it")

    async def close(self) -> None:
        """End the session."""
        if self._resuming is not None:
            # A session that is taken up again can be ended; otherwise it would hold its slot for a while.
            await asyncio.wait([self._resuming], timeout=_LAST_CHANCE_S)
        if self._resuming is not None:
            self._resuming.cancel()
        self._end(SessionError("the session was closed"))
        if self._closing is not None:
            await self._closing

    def moved(self) -> Link:
        """Take the session to the running event loop, after its own has ended."""
        if self._exchange.phase in (Phase.GREETING, Phase.READY):
            self._exchange.lost(1006, "its event loop has ended")
        if self._exchange.pending is not None:
            self._exchange.pending.settle = None  # who waited for it ended with the loop
        link = Link(self._connector, self.message_timeout_s, self._exchange)
        if link.error is None:
            link._resume()
        return link

    def received(self, raw: bytes) -> None:
        """Take a frame from the transport."""
        event = self._exchange.received(raw)
        if isinstance(event, Settled):
            event.call.finish(event.outcome)
            if self.error is None:
                self._send_next()
            else:
                self._end(self.error)
        elif isinstance(event, Greeted):
            if event.repeat is not None and self._transport is not None:
                self._transport.send(event.repeat)
            if self._greeting is not None and not self._greeting.done():
                self._greeting.set_result(None)
            self._send_next()
        elif event is not None:
            self._end(event.error)

    def lost(self, code: int, reason: str, *, ours: bool = False) -> None:
        """Take note that the transport has gone."""
        self._transport = None
        loss = self._exchange.lost(code, reason, ours=ours)
        if loss.refused is not None:
            loss.refused.call.finish(loss.refused.outcome)
        if not loss.resume:
            assert self.error is not None
            self._end(self.error)
        elif self._greeting is not None and not self._greeting.done():
            self._greeting.set_exception(ConnectError(f"the connection was lost again (code {code})"))
        elif self._resuming is None:
            self._resume()

    def _send_next(self) -> None:
        if self._sending:
            return  # a transport may answer while it is sent to; the loop below goes on then
        self._sending = True
        while self._waiting and self._exchange.idle and self._transport is not None:
            call = self._waiting.popleft()
            try:
                frame = self._exchange.send(call)
            except OpenEnvError as error:
                call.finish(error)
            else:
                self._transport.send(frame)
        self._sending = False

    def expire(self, call: Call) -> None:
        """Give a call up that took too long."""
        late = self.late(call)
        call.finish(late)
        self.abandon(call)

    def _end(self, error: OpenEnvError) -> None:
        """End the session and everything that waits for it."""
        error = self._exchange.end(error).error
        if self._greeting is not None and not self._greeting.done():
            self._greeting.set_exception(error)
        pending, self._exchange.pending = self._exchange.pending, None
        waiting, self._waiting = self._waiting, deque()
        for call in (*([pending] if pending else ()), *waiting):
            call.finish(again(error))
        transport, self._transport = self._transport, None
        watch, self._until_loop_ends = self._until_loop_ends, None
        if transport is not None or watch is not None:
            self._closing = self.loop.create_task(_hang_up(transport, watch))

    async def _leave_with_loop(self) -> AsyncGenerator[None, None]:
        """Let go of the connection when the event loop is shut down under it.

        A loop closes its asynchronous generators last, when no task is left that could close the client.
        """
        try:
            yield
        finally:
            transport, self._transport = self._transport, None
            if transport is not None:
                if self._exchange.lost(1006, "its event loop has ended").resume:
                    transport.abort()  # kept by the server for a while: the client may go on in another loop
                else:
                    await transport.close()

    async def _establish(self) -> None:
        if self._until_loop_ends is None:
            self._until_loop_ends = self._leave_with_loop()
            await self._until_loop_ends.asend(None)
        transport = await self._connector()
        first = self._exchange.connected(transport.dialect)
        self._transport = transport
        if self.error is not None:
            raise self.error
        if first is None:
            transport.listen(self)
            if self.error is not None:
                raise self.error
            self._send_next()
            return
        self._greeting = self.loop.create_future()
        transport.listen(self)
        transport.send(first)
        opening = self._exchange.ticket is None
        limit = WAIT_FOR_SLOT_S + self.message_timeout_s if opening else min(self.message_timeout_s, _RESUME_ANSWER_S)
        try:
            await asyncio.wait_for(self._greeting, limit)
        except BaseException as error:
            if not opening and self._transport is transport:
                # Only this try to resume has failed; a graceful close would end the session.
                self._transport = None
                transport.abort()
                self._exchange.lost(1006, "")
            if isinstance(error, asyncio.TimeoutError) and not isinstance(error, OpenEnvError):
                raise ConnectError("the server did not open the session in time") from error
            raise
        finally:
            self._greeting = None

    def _resume(self) -> None:
        self._resuming = self.loop.create_task(self._keep_trying())

    async def _keep_trying(self) -> None:
        """Reconnect and resume, as often and as long as that makes sense."""
        try:
            failure = await self._resumed_or_not()
            if failure is not None:
                self._end(_unreachable(failure))  # unless the session has ended for a reason of its own
        except Exception as error:  # whatever it is, those who wait for the session are told
            self._end(error if isinstance(error, OpenEnvError) else _broken(error))
        finally:
            self._resuming = None

    async def _resumed_or_not(self) -> ConnectError | None:
        """Try to resume; returns why that failed."""
        failure = ConnectError("there was no time to resume")
        ticket = self._exchange.ticket
        until = self.loop.time() + (ticket.resume_window_s if ticket else 0.0)
        for tries, delay in enumerate(RESUME_DELAYS_S):
            delay *= random.uniform(0.75, 1.25)  # so that many clients do not come back at once
            in_vain = _is_gone(failure) and tries >= TRIES_WHERE_NOBODY_LISTENS
            if in_vain or self.loop.time() + delay > until:
                break
            await asyncio.sleep(delay)
            try:
                await self._establish()
            except ConnectError as error:
                failure = error
            if self._transport is not None:  # and not lost again meanwhile
                return None
            if self.error is not None:
                break
        return failure


async def _hang_up(transport: Transport | None, watch: AsyncGenerator[None, None] | None) -> None:
    if transport is not None:
        await transport.close()
    if watch is not None:
        await watch.aclose()


async def ask_all(questions: Sequence[tuple[Link, str, str | None]]) -> list[bytes | OpenEnvError]:
    """Send one request over each of many links at once, and wait for all replies; no task is made.

    Args:
        questions: Link, kind and body of each request; all links live in this event loop.

    Returns:
        The reply's data or the error of each, in order.
    """
    if not questions:
        return []
    left = len(questions)
    outcomes: list[bytes | OpenEnvError | None] = [None] * left
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[None] = loop.create_future()

    def settle(index: int, outcome: bytes | OpenEnvError) -> None:
        nonlocal left
        outcomes[index] = outcome
        left -= 1
        if not left and not finished.done():
            finished.set_result(None)

    calls = [Call(kind, body, partial(settle, index)) for index, (_, kind, body) in enumerate(questions)]
    timers = {limit: loop.call_later(limit, _expire_all, questions, calls, limit) for limit in _limits(questions)}
    for (link, _, _), call in zip(questions, calls, strict=True):
        link.begin(call)
    try:
        await finished
    finally:
        for timer in timers.values():
            timer.cancel()
        for (link, _, _), call in zip(questions, calls, strict=True):
            if call.settle is not None:
                link.abandon(call)
    return outcomes  # type: ignore[return-value]


def _limits(questions: Sequence[tuple[Link, str, str | None]]) -> set[float]:
    return {link.message_timeout_s for link, _, _ in questions}


def _expire_all(questions: Sequence[tuple[Link, str, str | None]], calls: Sequence[Call], limit: float) -> None:
    for (link, _, _), call in zip(questions, calls, strict=True):
        if call.settle is not None and link.message_timeout_s == limit:
            link.expire(call)


def again(error: OpenEnvError) -> OpenEnvError:
    """Copy an error, so that it can be raised once more with a traceback of its own."""
    copied = type(error)(error.message, dict(error.data), hint=error.hint)
    copied.__cause__ = error.__cause__
    return copied


def _is_gone(failure: ConnectError) -> bool:
    return bool(failure.data.get("refused") and failure.data.get("loopback"))


_GONE = (
    "start the server again; connect() opens a fresh session. "
    "Where an environment takes its server down, isolation='process' keeps the others alive"
)


def _unreachable(failure: ConnectError) -> ConnectError:
    if _is_gone(failure):
        message = (
            f"the server at {failure.data['url']} is gone, and the session with it: nothing listens there any more"
        )
        return ConnectError(message, failure.data, hint=_GONE)
    message = f"the connection was lost and the session could not be resumed: {failure.message}"
    return ConnectError(message, failure.data, hint=failure.hint)


def _broken(error: Exception) -> SessionError:
    message = f"the connection was lost, and resuming the session failed with {type(error).__name__}: {error}"
    broken = SessionError(message)
    broken.__cause__ = error
    return broken


def _resolve(answer: asyncio.Future[Any], outcome: bytes | OpenEnvError) -> None:
    if answer.done():
        return
    if isinstance(outcome, bytes):
        answer.set_result(outcome)
    else:
        answer.set_exception(outcome)
