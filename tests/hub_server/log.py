"""What a build, or a server, prints."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from .repository import now


class Log:
    """Lines that may still become more."""

    def __init__(self) -> None:
        self.lines: list[dict[str, str]] = []
        self.closed = False
        self._more = asyncio.Event()

    def write(self, text: str) -> None:
        """Print lines."""
        self.lines += [{"data": line + "\n", "timestamp": now()} for line in text.splitlines()]
        self._wake()

    def close(self) -> None:
        """Say that no line follows."""
        self.closed = True
        self._wake()

    async def follow(self) -> AsyncIterator[dict[str, str]]:
        """All lines: those that are there, then each as it comes."""
        sent = 0
        while True:
            more = self._more
            for line in self.lines[sent:]:
                sent += 1
                yield line
            if self.closed and sent == len(self.lines):
                return
            if more is self._more:
                await more.wait()

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()
