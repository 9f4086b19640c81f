"""The address of a Space: passes on to its server, where visitors may see it and it runs."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from .problems import Problem

_MOST = 65536


class Host:
    """Listens on a port of its own; HTTP and WebSockets.

    Args:
        server_for: Gives the address of the server for a visitor with this header ``Authorization``, or raises a
            :class:`Problem`.
    """

    def __init__(self, server_for: Callable[[str | None], str]) -> None:
        self._server_for = server_for
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._visits: set[asyncio.Task[None]] = set()
        self._listening = asyncio.create_task(asyncio.start_server(self._visit, sock=self._socket))

    async def close(self) -> None:
        """Hang up on everybody."""
        (await self._listening).close()
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.current_task()
        assert visit is not None
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._pass_on(reader, writer)
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request, or one WebSocket; the connection ends with it, so that each request is looked at."""
        head = await reader.readuntil(b"\r\n\r\n")
        token = re.search(rb"(?im)^authorization:[ \t]*(.*?)\r$", head)
        try:
            server = urlsplit(self._server_for(token[1].decode("latin-1") if token else None))
            its_reader, its_writer = await asyncio.open_connection(server.hostname, server.port)
        except Problem as problem:
            writer.write(_refusal(problem))
            await writer.drain()
            return
        if not re.search(rb"(?im)^upgrade:", head):
            head = re.sub(rb"(?im)^connection:.*\r\n", b"", head)[:-2] + b"Connection: close\r\n\r\n"
        its_writer.write(head)
        ways = [asyncio.create_task(_pump(reader, its_writer)), asyncio.create_task(_pump(its_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            its_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_MOST):
        writer.write(data)
        await writer.drain()


def _refusal(problem: Problem) -> bytes:
    body = json.dumps({"error": problem.message}).encode()
    head = f"HTTP/1.1 {problem.status} No\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
