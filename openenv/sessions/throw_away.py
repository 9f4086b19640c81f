"""Environments that answer a single request: deployed OpenEnv's ``POST /reset``, ``POST /step`` and ``GET /state``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

from openenv.errors import SessionCapacityError
from openenv.protocol.frames import Reply, Request
from openenv.sessions.endings import Endings
from openenv.sessions.runners import Runner
from openenv.sessions.session import Deadlines, deadline_passed, log_fault, opened
from openenv.sessions.store import SessionStore


class ThrowAway:
    """Makes an environment for each request. They take no slot, but there are never more of them than slots.

    Args:
        make_runner: Makes a place for an environment, from a name for the log.
        store: Says how many there may be, and when no more are taken.
        endings: Where environments are closed.
        deadlines: How long they may take.
    """

    def __init__(
        self, make_runner: Callable[[bool, str], Runner], store: SessionStore, endings: Endings, deadlines: Deadlines
    ) -> None:
        self._make_runner = make_runner
        self._store = store
        self._endings = endings
        self._deadlines = deadlines
        self._count = 0

    async def play(self, request: Request, *, verbose: bool) -> Reply:
        """Make an environment, have it answer one request in v1's layout, and close it.

        Args:
            request: The request; ``metadata`` asks what the environment is.
            verbose: Whether the text of foreign exceptions may be sent.

        Returns:
            The reply.

        Raises:
            SessionCapacityError: Too many are at work already.
            ServerDrainingError: The server is shutting down.
            EnvironmentFactoryError: The environment could not be made.
            DeadlineError: It took too long.
        """
        self._store.refuse_when_draining()
        if self._count >= self._store.limits.max_sessions:
            message = f"{self._count} calls without a session are at work, which is all that may be"
            raise SessionCapacityError(message, {"retry_after_s": self._store.retry_after_s()})
        self._count += 1
        name = f"once-{uuid4().hex[:8]}"
        runner = self._make_runner(verbose, name)
        try:
            reply = await self._answer(runner, name, request)
        except BaseException:
            runner.cancel()
            raise
        finally:
            self._endings.begin(name, runner, stuck=lambda: None, gone=self._gone)
            await self._endings.wait(name)
        log_fault(name, request, reply)
        return reply

    async def _answer(self, runner: Runner, name: str, request: Request) -> Reply:
        await opened(runner, name, self._deadlines)
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        runner.submit(request, lambda reply: None if answer.done() else answer.set_result(reply))
        limit = self._deadlines.of(request)
        try:
            return await asyncio.wait_for(answer, limit)
        except asyncio.TimeoutError as error:
            raise deadline_passed(request.kind, limit) from error

    def _gone(self) -> None:
        self._count -= 1
