"""An event loop for one environment, where its asynchronous methods are awaited outside the server's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any


class OwnLoop:
    """Awaits what an environment's methods return; the loop is made when one of them needs it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def finish(self, outcome: Any) -> Any:
        """Return the outcome, or what comes of awaiting it."""
        if not isinstance(outcome, Awaitable):
            return outcome
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop.run_until_complete(outcome)

    def close(self) -> None:
        """Cancel what the environment left running there, and close the loop."""
        if self._loop is not None:
            try:
                self._loop.run_until_complete(_settle(asyncio.all_tasks(self._loop)))
                self._loop.run_until_complete(self._loop.shutdown_asyncgens())
                self._loop.run_until_complete(self._loop.shutdown_default_executor())
            finally:
                self._loop.close()


async def _settle(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
