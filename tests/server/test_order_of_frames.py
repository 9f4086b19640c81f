"""What a connection sends keeps its order, also where the client reads slowly."""

from __future__ import annotations

import asyncio
from typing import Any

from support.puppets import InlinePuppet
from support.serving import app_of

from openenv.protocol import SUBPROTOCOL

SCOPE = {
    "type": "websocket",
    "path": "/ws",
    "root_path": "",
    "headers": [(b"host", b"localhost")],
    "server": ("127.0.0.1", 80),
    "subprotocols": [SUBPROTOCOL],
    "extensions": {},
}


class SlowClient:
    """A client whose socket is full until it is read."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[str] = []
        self.blocked = asyncio.Event()
        self.reads = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        """Take what the server sends, once there is room."""
        if not self.reads.is_set() and message["type"] == "websocket.send":
            self.blocked.set()
            await self.reads.wait()
        self.sent.append(message["type"] if "text" not in message else message["text"][:18])

    def say(self, text: str) -> None:
        """Send a frame to the server."""
        self.inbox.put_nowait({"type": "websocket.receive", "text": text})


def test_no_reply_overtakes_one_that_waits_for_room() -> None:
    async def play() -> list[str]:
        client = SlowClient()
        client.inbox.put_nowait({"type": "websocket.connect"})
        serving = asyncio.create_task(app_of(InlinePuppet)(SCOPE, client.inbox.get, client.send))
        client.say('{"type": "open"}')
        await client.blocked.wait()
        # In this order, both in one turn of the loop: who reads goes on before who waits for room.
        client.say('{"type": "reset", "id": 1}')
        client.reads.set()
        client.say('{"type": "close", "id": 2}')
        while client.sent[-1] != "websocket.close":
            await asyncio.sleep(0)
        client.inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await serving
        return client.sent

    assert asyncio.run(play()) == [
        "websocket.accept",
        '{"type":"session",',
        '{"type":"observati',
        "websocket.close",
    ]


def test_a_client_that_does_not_read_is_not_read_either() -> None:
    async def play() -> int:
        client = SlowClient()
        client.inbox.put_nowait({"type": "websocket.connect"})
        serving = asyncio.create_task(app_of(InlinePuppet)(SCOPE, client.inbox.get, client.send))
        client.say('{"type": "open"}')
        await client.blocked.wait()
        for _ in range(100):
            client.say("no frame")
        for _ in range(1000):
            await asyncio.sleep(0)
        left = client.inbox.qsize()
        client.reads.set()
        client.inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await serving
        return left

    assert asyncio.run(play()) > 90
