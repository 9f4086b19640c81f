"""Raw clients: what is sent and received stands in the test, frame by frame."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from support.puppets import PATIENCE_S

Frame = dict[str, Any]


class RawClient:
    """One WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, frame: str | bytes | Frame) -> None:
        """Send text, bytes, or a frame as JSON."""
        self.connection.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    def receive(self) -> Frame:
        """Receive one frame."""
        received: Frame = json.loads(self.connection.recv(timeout=PATIENCE_S))
        return received

    def ask(self, frame: str | bytes | Frame) -> Frame:
        """Send one frame and receive one."""
        self.send(frame)
        return self.receive()

    def ending(self) -> tuple[list[Frame], int]:
        """Receive until the server closes; returns what came before, and the close code."""
        frames: list[Frame] = []
        try:
            while True:
                frames.append(self.receive())
        except ConnectionClosed as closed:
            return frames, closed.rcvd.code if closed.rcvd else 1006

    def cut(self) -> None:
        """Vanish without a word."""
        self.connection.socket.shutdown(socket.SHUT_RDWR)


class V2Client(RawClient):
    """One socket of a v2 session."""

    session: Frame

    def open(self, wait_s: float | None = None) -> V2Client:
        """Open a session."""
        self.session = self.ask({"type": "open", "data": {} if wait_s is None else {"wait_s": wait_s}})["data"]
        assert self.session.get("session_id"), self.session
        return self

    def resume(self, session: Frame) -> Frame:
        """Take a session up again; returns the answer."""
        credentials = {name: session[name] for name in ("session_id", "session_token")}
        answer = self.ask({"type": "resume", "data": credentials})
        self.session = answer["data"]
        return answer

    def request(self, kind: str, number: int, data: Any = None, **more: Any) -> Frame:
        """Send one request and receive its reply."""
        return self.ask(request(kind, number, data, **more))

    def reset(self, number: int = 1, **options: Any) -> Frame:
        """Reset."""
        return self.request("reset", number, options)

    def step(self, number: int, do: str = "add", **action: Any) -> Frame:
        """Step a puppet."""
        return self.request("step", number, {"do": do, **action})


def request(kind: str, number: int, data: Any = None, **more: Any) -> Frame:
    """Write a v2 request."""
    return {"type": kind, "id": number, **({} if data is None else {"data": data}), **more}


@contextmanager
def v2(url: str, **options: Any) -> Iterator[V2Client]:
    """Connect, offering v2; nothing is sent yet."""
    with _connected(url, subprotocols=["openenv.v2"], **options) as connection:
        yield V2Client(connection)


@contextmanager
def v1(url: str, **options: Any) -> Iterator[RawClient]:
    """Connect as deployed clients do."""
    with _connected(url, **options) as connection:
        yield RawClient(connection)


def _connected(url: str, **options: Any) -> ClientConnection:
    given = {"proxy": None, "compression": None, "ping_interval": None, "max_size": None, "close_timeout": 1}
    return connect(url, **{**given, **options})


def error_of(frame: Frame) -> Frame:
    """The data of an error frame."""
    assert frame["type"] == "error", frame
    data: Frame = frame["data"]
    return data


def code_of(frame: Frame) -> str:
    """The code of an error frame."""
    code: str = error_of(frame)["code"]
    return code
