"""Where an environment runs: in the event loop, or in a thread of its own.

(:mod:`openenv.sessions.process` has the third place, a process of its own.)
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from openenv.errors import EnvironmentCrashedError, ExecutionError, OpenEnvError
from openenv.protocol.frames import Reply, Request
from openenv.sessions.failures import traceback_of
from openenv.sessions.host import EnvironmentHost, error_reply
from openenv.sessions.loop import OwnLoop

Done = Callable[[Reply], None]
T = TypeVar("T")


class Runner(Protocol):
    """Runs one environment. All methods are called in the event loop, ``submit`` one at a time."""

    async def open(self) -> None:
        """Make the environment; raises an ``OpenEnvError`` where that fails."""
        ...

    def submit(self, request: Request, done: Done) -> None:
        """Run a request; ``done`` is called with the reply in the event loop, perhaps before this returns."""
        ...

    def cancel(self) -> None:
        """Stop the running request as far as that is possible here."""
        ...

    async def close(self) -> None:
        """Close the environment and return when nothing of it is left."""
        ...


class InlineRunner:
    """Runs the environment in the event loop: the fastest place, for short or asynchronous steps."""

    def __init__(self, host: EnvironmentHost) -> None:
        self._host = host
        self._task: asyncio.Task[Any] | None = None

    async def open(self) -> None:
        """Make the environment."""
        self._host.open()

    def submit(self, request: Request, done: Done) -> None:
        """Run a request at once; an asynchronous one goes on in a task."""
        reply = self._host.run(request)
        if isinstance(reply, Reply):
            done(reply)
            return
        self._task = asyncio.ensure_future(_as_coroutine(reply))
        self._task.add_done_callback(lambda task: None if task.cancelled() else done(task.result()))

    def cancel(self) -> None:
        """Cancel the running request."""
        if self._task is not None:
            # Once it has begun: a coroutine that never does is reported as forgotten.
            asyncio.get_running_loop().call_soon(self._task.cancel)

    async def close(self) -> None:
        """Close the environment once its request has ended."""
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task])
        closing = self._host.close()
        if closing is not None:
            self._task = asyncio.ensure_future(_as_coroutine(closing))  # where cancel finds it
            await self._task


async def _as_coroutine(awaitable: Awaitable[T]) -> T:
    return await awaitable


class Mailbox:
    """Brings results of threads into an event loop, waking it once for many.

    Args:
        loop: The event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._letters: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._woken = False

    def post(self, receive: Callable[[Any], None], value: Any) -> None:
        """Have ``receive(value)`` called in the loop; callable from any thread."""
        self._letters.append((receive, value))
        if not self._woken:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: a thread may outlive it
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # Lowered first: a letter that arrives from here on wakes the loop again.
        self._woken = False
        try:
            while self._letters:
                receive, value = self._letters.popleft()
                receive(value)
        finally:
            if self._letters:  # one that failed must not keep the others waiting
                self._loop.call_soon(self._deliver)


class ThreadRunner:
    """Runs the environment in a thread of its own, where it is made, played and closed.

    OpenGL, Playwright and SQLite need that. An environment that mixes sync and async methods gets
    an event loop of its own there.

    Args:
        host: The environment.
        mailbox: Where results go.
        name: The thread's name.
    """

    def __init__(self, host: EnvironmentHost, mailbox: Mailbox, name: str) -> None:
        self._host = host
        self._mailbox = mailbox
        self._jobs: SimpleQueue[tuple[Request, Done] | None] = SimpleQueue()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # A daemon: a thread that never returns must not keep the server from exiting.
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._loop = OwnLoop()

    async def open(self) -> None:
        """Start the thread and make the environment there."""
        self._opened.add_done_callback(lambda opened: opened.exception())  # seen, also where nobody waits any more
        try:
            self._thread.start()
        except RuntimeError:  # the system gives no more threads
            self._gone.set_result(None)
            raise
        await asyncio.shield(self._opened)

    def submit(self, request: Request, done: Done) -> None:
        """Hand a request to the thread."""
        self._jobs.put((request, done))

    def cancel(self) -> None:
        """Do nothing: Python cannot stop a thread. The session is abandoned, its slot is stuck until it returns."""

    async def close(self) -> None:
        """Have the environment closed in its thread, and wait for the thread's end."""
        self._jobs.put(None)
        await asyncio.shield(self._gone)

    def _live(self) -> None:
        try:
            self._host.open()
        except OpenEnvError as error:
            self._mailbox.post(self._opened.set_exception, error)
            self._mailbox.post(self._gone.set_result, None)
            return
        self._mailbox.post(self._opened.set_result, None)
        while (job := self._jobs.get()) is not None:
            request, done = job
            self._mailbox.post(done, self._reply_to(request))
        self._leave()

    def _reply_to(self, request: Request) -> Reply:
        try:
            reply: Reply = self._loop.finish(self._host.run(request))
        except BaseException as error:  # a task that the environment started there has stopped the loop
            crashed = EnvironmentCrashedError(f"a task of the environment raised {type(error).__name__}")
            return error_reply(crashed, fatal=True, fault=traceback_of(error))
        return reply

    def _leave(self) -> None:
        try:
            try:
                self._loop.finish(self._host.close())
            finally:
                self._loop.close()
        except ExecutionError as error:
            self._mailbox.post(self._gone.set_exception, error)
        except BaseException as error:  # as it is, one like SystemExit would stop the server's loop too
            failed = ExecutionError(f"closing the environment's event loop raised {type(error).__name__}")
            failed.__cause__ = error
            self._mailbox.post(self._gone.set_exception, failed)
        else:
            self._mailbox.post(self._gone.set_result, None)
