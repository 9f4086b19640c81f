"""Environments that answer a single request: deployed OpenEnv's ``POST /reset``, ``POST /step`` and ``GET /state``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from uuid import uuid4

from openenv.errors import DeadlineError, OpenEnvError, ServerDrainingError, SessionCapacityError
from openenv.protocol.frames import Reply, Request
from openenv.sessions.endings import Endings
from openenv.sessions.runners import Runner
from openenv.sessions.session import Deadlines, deadline_passed, log_fault, log_unmade, opened
from openenv.sessions.store import SessionStore

_RETRY_AFTER_S = 5.0


class ThrowAway:
    """Makes an environment for each request. They take no slot, but there are never more of them than slots.

    Args:
        make_runner: Makes a place for an environment, from whether foreign exceptions may be told, and a name
            for the log.
        store: Says how many there may be, and when no more are taken.
        endings: Where environments are closed.
        deadlines: How long they may take, and how long a request waits for its turn: as long as a reset.
    """

    def __init__(
        self, make_runner: Callable[[bool, str], Runner], store: SessionStore, endings: Endings, deadlines: Deadlines
    ) -> None:
        self._make_runner = make_runner
        self._store = store
        self._endings = endings
        self._deadlines = deadlines
        self._turns = asyncio.Semaphore(store.limits.max_sessions)
        self._playing: set[asyncio.Task[Reply]] = set()
        self._stuck: set[str] = set()

    @property
    def playing(self) -> bool:
        """Whether a request is being answered."""
        return bool(self._playing)

    @property
    def stuck(self) -> int:
        """How many environments do not return; each of them keeps its turn."""
        return len(self._stuck)

    async def play(self, request: Request, *, verbose: bool) -> Reply:
        """Make an environment, have it answer one request in v1's layout, and close it.

        Args:
            request: The request; ``metadata`` asks what the environment is.
            verbose: Whether the text of foreign exceptions may be sent.

        Returns:
            The reply.

        Raises:
            SessionCapacityError: Its turn did not come in time.
            ServerDrainingError: The server is shutting down.
            EnvironmentFactoryError: The environment could not be made.
            DeadlineError: It took too long.
        """
        self._store.refuse_when_draining()
        await self._turn()
        name = f"once-{uuid4().hex[:8]}"
        runner = self._make_runner(verbose, name)
        playing = asyncio.get_running_loop().create_task(self._answer(runner, name, request))
        self._playing.add(playing)
        stuck, gone, late = partial(self._stuck.add, name), partial(self._gone, name), False
        try:
            reply = await playing
        except BaseException as error:
            late = isinstance(error, DeadlineError)
            runner.cancel()
            if isinstance(error, asyncio.CancelledError) and self._store.draining:
                raise ServerDrainingError("the server is shutting down") from None
            raise
        finally:
            self._playing.discard(playing)
            self._endings.begin(name, runner, late=late, stuck=stuck, gone=gone)
            await self._endings.wait(name)
        log_fault(name, request, reply)
        return reply

    async def stop(self) -> None:
        """Cut short whatever is being answered."""
        for playing in self._playing:
            playing.cancel()
        if self._playing:
            await asyncio.wait(self._playing)

    async def _turn(self) -> None:
        limit = self._deadlines.reset_s
        try:
            await asyncio.wait_for(self._turns.acquire(), limit)
        except asyncio.TimeoutError:
            message = f"other calls without a session are at work, and none of them ended within {limit:g} s"
            raise SessionCapacityError(message, {"retry_after_s": _RETRY_AFTER_S}) from None

    async def _answer(self, runner: Runner, name: str, request: Request) -> Reply:
        try:
            await opened(runner, self._deadlines.reset_s)
        except OpenEnvError as error:
            log_unmade(name, error)
            raise
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        runner.submit(request, lambda reply: None if answer.done() else answer.set_result(reply))
        limit = self._deadlines.of(request)
        try:
            return await asyncio.wait_for(answer, limit)
        except asyncio.TimeoutError as error:
            raise deadline_passed(request.kind, limit) from error

    def _gone(self, name: str) -> None:
        self._stuck.discard(name)
        self._turns.release()
