"""How environments end: closed where they lived, waited for, and reported when they do not return."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from openenv.sessions.runners import Runner

logger = logging.getLogger("openenv.sessions")


class Endings:
    """The environments that are being closed, by the name of their session.

    Args:
        close_s: How long closing may take, in seconds; then an environment counts as stuck.
        stoppable: Whether what runs too long can be stopped. Where it cannot, an environment that has let a
            deadline pass is stuck at once.
    """

    def __init__(self, close_s: float, *, stoppable: bool) -> None:
        self._close_s = close_s
        self._stoppable = stoppable
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def begin(
        self, name: str, runner: Runner, *, late: bool, stuck: Callable[[], None], gone: Callable[[], None]
    ) -> None:
        """Close an environment.

        Args:
            name: The name of its session, for the log.
            runner: Where it lives.
            late: Whether it has let a deadline pass.
            stuck: Called when it does not return in time.
            gone: Called when nothing of it is left, which may be never.
        """
        patience_s = 0.0 if late and not self._stoppable else self._close_s
        task = self.tasks[name] = asyncio.get_running_loop().create_task(self._close(name, runner, patience_s, stuck))
        task.add_done_callback(lambda _: self.tasks.pop(name))
        task.add_done_callback(lambda _: gone())  # before anybody who waits for it goes on

    async def wait(self, name: str) -> None:
        """Wait for one as long as closing may take; returns at once where there is none of that name."""
        if name in self.tasks:
            await asyncio.wait([self.tasks[name]], timeout=self._close_s)

    async def wait_for_all(self, stop_now: Callable[[], bool]) -> None:
        """Wait for all, a moment longer than closing may take.

        Args:
            stop_now: Asked now and then whether to wait no longer.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._close_s + 1.0
        while self.tasks:
            await asyncio.wait(self.tasks.values(), timeout=0.1)
            if stop_now() or loop.time() >= deadline:
                return

    async def _close(self, name: str, runner: Runner, patience_s: float, stuck: Callable[[], None]) -> None:
        closing = asyncio.ensure_future(runner.close())
        if patience_s > 0:
            await asyncio.wait([closing], timeout=patience_s)
        if not closing.done():
            logger.error("session %s: its environment does not return; the slot is stuck until it does", name)
            stuck()
            runner.cancel()
            await asyncio.wait([closing])
        if closing.cancelled():
            logger.error("session %s: closing was cut short", name)
        elif (error := closing.exception()) is not None:
            logger.error("session %s: close failed: %s", name, error, exc_info=error)
