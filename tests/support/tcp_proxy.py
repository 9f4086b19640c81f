"""A proxy that cuts a TCP connection at a chosen WebSocket frame: before it, in its middle, or after it."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

Way = str  # "up" to the server, "down" to the client


class Cuts(Protocol):
    """Says where to cut."""

    def part(self, way: Way, seen: int) -> str:
        """Where to cut the frame that passes now, the ``seen``-th of its connection: nowhere, or which part."""
        ...


@dataclass
class Cut:
    """One cut, or one in each connection; frames of one way are counted from 0."""

    way: Way
    frame: int
    where: str  # "before", "middle", "after"
    each: bool = False
    done: int = 0
    total: int = field(default=0, repr=False)

    def part(self, way: Way, seen: int) -> str:
        """Cut at the chosen frame."""
        if way != self.way or (self.done and not self.each):
            return ""
        now = (seen if self.each else self.total) == self.frame
        self.total += 1
        self.done += now
        return self.where if now else ""


class RandomCuts:
    """Cuts one frame in so many, anywhere."""

    def __init__(self, seed: int, one_in: int) -> None:
        self._random = random.Random(seed)
        self._one_in = one_in
        self.done = 0

    def part(self, way: Way, seen: int) -> str:
        """Draw lots."""
        if self._random.randrange(self._one_in):
            return ""
        self.done += 1
        return self._random.choice(["before", "middle", "after"])


class TcpProxy:
    """Carries connections to a server, and cuts them."""

    def __init__(self, address: str, cuts: Cuts) -> None:
        host, port = address.split(":")
        self._server = (host, int(port))
        self._cuts = cuts
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def ws(self) -> str:
        """Where the server's WebSocket seems to be."""
        return f"ws://{self.address}/ws"

    def close(self) -> None:
        """Cut everything and stop."""
        self._listening.shutdown(socket.SHUT_RDWR)
        with self._lock:
            for one in self._open:
                _shut(one)
        for thread in self._threads:
            thread.join()
        for one in self._open:
            one.close()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._server)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._open |= {client, server}
                for way, ends in (("up", (client, server)), ("down", (server, client))):
                    thread = threading.Thread(target=self._pump, args=(way, *ends))
                    self._threads.append(thread)
                    thread.start()

    def _pump(self, way: Way, source: socket.socket, sink: socket.socket) -> None:
        seen = 0
        with contextlib.suppress(OSError), source.makefile("rb") as stream:
            sink.sendall(_handshake(stream))
            while frame := _frame(stream):
                with self._lock:
                    part = self._cuts.part(way, seen)
                seen += 1
                sink.sendall({"before": b"", "middle": frame[: len(frame) // 2]}.get(part, frame))
                if part:
                    break
        _shut(source)
        _shut(sink)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def _handshake(stream: object) -> bytes:
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):  # type: ignore[attr-defined]
        lines.append(line)
    return b"".join([*lines, line])


def _frame(stream: object) -> bytes:
    """Read one WebSocket frame (RFC 6455, section 5.2), as it is; nothing at the stream's end."""
    read = stream.read  # type: ignore[attr-defined]
    head: bytes = read(2)
    if len(head) < 2:
        return b""
    length, masked = head[1] & 127, head[1] & 128
    extended: bytes = read({126: 2, 127: 8}.get(length, 0))
    length = int.from_bytes(extended, "big") if extended else length
    rest: bytes = read(length + (4 if masked else 0))
    return head + extended + rest


@contextmanager
def cutting(address: str, cuts: Cuts) -> Iterator[TcpProxy]:
    """Run a proxy for the length of a block."""
    proxy = TcpProxy(address, cuts)
    try:
        yield proxy
    finally:
        proxy.close()
