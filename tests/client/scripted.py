"""A server that does what the test says, connection by connection: it cuts, lies and dawdles on purpose."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import resource
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from openenv.client import EnvClient
from openenv.types import Action, Observation, State

PATIENCE_S = 30.0


class Add(Action):
    x: int = 1


class Total(Observation):
    total: int = 0


class Adder(EnvClient[Add, Total, State]):
    """Plays whatever the script says."""


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine as a test."""

    @functools.wraps(test)
    def run(*arguments: Any, **options: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*arguments, **options), PATIENCE_S))

    return run


@contextmanager
def no_files_to_spare() -> Iterator[None]:
    """Let this process open no more files."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


class Peer:
    """The server's end of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    @property
    def headers(self) -> Any:
        """The headers of the handshake."""
        assert self.socket.request is not None
        return self.socket.request.headers

    async def take(self) -> dict[str, Any]:
        """Receive one frame."""
        frame: dict[str, Any] = json.loads(await self.socket.recv())
        return frame

    async def send(self, kind: str, data: Any, **more: Any) -> None:
        """Send one frame."""
        await self.socket.send(json.dumps({"type": kind, **more, "data": data}))

    async def greet(self, last_id: int = 0, **facts: Any) -> dict[str, Any]:
        """Take the first frame and confirm the session."""
        first = await self.take()
        known = {"session_id": "s", "session_token": "t", "resume_window_s": 60, "max_message_bytes": 1 << 20}
        await self.send("session", {**known, "resumed": first["type"] == "resume", "last_id": last_id, **facts})
        return first

    async def reply(self, total: int, number: int | None = 1) -> None:
        """Send an observation."""
        more = {} if number is None else {"id": number}
        await self.send("observation", {"observation": {"total": total}, "reward": 1, "done": False}, **more)

    async def answer(self, total: int = 0) -> dict[str, Any]:
        """Take a request and reply to it."""
        request = await self.take()
        await self.reply(total, request.get("id"))
        return request

    async def error(self, code: str, number: int | None = None) -> None:
        """Send an error."""
        await self.send("error", {"code": code, "message": "said so"}, id=number)

    def cut(self) -> None:
        """Drop the connection without a word."""
        self.socket.transport.abort()

    async def stay(self) -> None:
        """Wait until the client leaves."""
        await self.socket.wait_closed()


Script = Callable[[Peer], Awaitable[Any]]


class Stage:
    """Where the scripts play."""

    server: Server

    def __init__(self, scripts: Iterable[Script]) -> None:
        self.url = ""
        self.connections = 0
        self._scripts = list(scripts)
        self._failure: BaseException | None = None

    async def play(self, socket: ServerConnection) -> None:
        """Give a connection to the next script; one too many is cut."""
        self.connections += 1
        peer = Peer(socket)
        if not self._scripts:
            peer.cut()
            return
        try:
            await self._scripts.pop(0)(peer)
        except (ConnectionClosed, asyncio.CancelledError):
            return
        except BaseException as failure:
            self._failure = failure
            peer.cut()

    def vanish(self) -> None:
        """Listen no more and drop all connections, as a server that is killed does."""
        self.server.server.close()
        for connection in self.server.connections:
            connection.transport.abort()

    def check(self) -> None:
        """Raise what went wrong in a script; all of them must have begun."""
        if self._failure is not None:
            raise self._failure
        assert not self._scripts, f"{len(self._scripts)} scripts were not played"


@asynccontextmanager
async def scripted(*scripts: Script, speaks_v2: bool = True, **options: Any) -> AsyncIterator[Stage]:
    """Serve one connection after another by these scripts."""
    stage = Stage(scripts)
    offered = [Subprotocol("openenv.v2")] if speaks_v2 else None
    options = {"compression": None, "ping_interval": None, "close_timeout": 1, **options}
    async with serve(stage.play, "127.0.0.1", 0, subprotocols=offered, **options) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        stage.url = f"http://127.0.0.1:{port}"
        stage.server = server
        yield stage
    stage.check()
