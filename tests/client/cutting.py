"""A proxy between a client and a real server that cuts the connection where the test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class Where(str, Enum):
    """On which way, and whether the frame still gets through."""

    REQUEST_LOST = "before a request arrives"
    REQUEST_THROUGH = "after a request arrived"
    REPLY_LOST = "before a reply arrives"
    REPLY_THROUGH = "after a reply arrived"


class CuttingProxy:
    """Counts frames of all connections together and cuts once.

    Args:
        target: Address of the server's WebSocket.
        where: On which way to cut.
        frame: At which frame of that way, from 0.
    """

    def __init__(self, target: str, where: Where, frame: int) -> None:
        self.url = ""
        self.cuts = 0
        self._target = target
        self._where = where
        self._left = frame

    async def carry(self, client: ServerConnection) -> None:
        """Carry one connection."""
        options: dict[str, Any] = {"compression": None, "proxy": None, "ping_interval": None}
        async with connect(self._target, subprotocols=["openenv.v2"], **options) as server:  # type: ignore[list-item]
            ways = (
                self._pump(client, server, Where.REQUEST_LOST, Where.REQUEST_THROUGH),
                self._pump(server, client, Where.REPLY_LOST, Where.REPLY_THROUGH),
            )
            tasks = [asyncio.ensure_future(way) for way in ways]
            _, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
            await asyncio.wait(tasks)

    async def _pump(self, source: Any, sink: Any, lost: Where, through: Where) -> None:
        try:
            async for message in source:
                now = self._where in (lost, through) and self._is_time()
                if not (now and self._where is lost):
                    await sink.send(message)
                if now:
                    self.cuts += 1
                    for end in (source, sink):
                        end.transport.abort()
                    return
            await sink.close(source.close_code or 1000)
        except ConnectionClosed:
            return

    def _is_time(self) -> bool:
        self._left -= 1
        return self._left == -1


@asynccontextmanager
async def cutting(target: str, where: Where, frame: int) -> AsyncIterator[CuttingProxy]:
    """Run such a proxy for the length of a block."""
    proxy = CuttingProxy(target, where, frame)
    async with serve(proxy.carry, "127.0.0.1", 0, subprotocols=["openenv.v2"], compression=None) as server:  # type: ignore[list-item]
        proxy.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield proxy
