"""A container engine with faults: passes requests on to the real one, and answers some of them itself."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """What is answered to a request in place of the engine.

    Attributes:
        request: A pattern for its first line, for example ``POST .*/containers/create``.
        status: The answer's status; 0 hangs up.
        message: What it says.
    """

    request: str
    status: int
    message: str = ""

    def answer(self) -> bytes:
        """The answer, as it is sent."""
        if not self.status:
            return b""
        body = json.dumps({"message": self.message}).encode()
        head = f"HTTP/1.1 {self.status} No\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"{head}Connection: close\r\n\r\n".encode() + body


class EngineProxy:
    """Listens on one socket for the engine of another."""

    def __init__(self, listening: socket.socket, host: str, engine: str, faults: tuple[Fault, ...] = ()) -> None:
        self.host = host
        self._engine = engine
        self._faults = faults
        self._listening = listening
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Take no more requests, and wait for those in progress."""
        self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        """Serve one request; the engine is told to close the connection after it."""
        with client, suppress(ConnectionError), client.makefile("rb") as stream:
            first, head = stream.readline(), b""
            while (line := stream.readline()) not in (b"\r\n", b""):
                head += line if not line.lower().startswith(b"connection:") else b""
            length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
            body = stream.read(int(length[1])) if length else b""
            fault = next((one for one in self._faults if re.match(one.request, first.decode())), None)
            if fault is not None:
                client.sendall(fault.answer())
            elif first:
                self._pass_on(client, first + head + b"Connection: close\r\n\r\n" + body)

    def _pass_on(self, client: socket.socket, request: bytes) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self._engine)
            engine.sendall(request)
            while chunk := engine.recv(65536):
                client.sendall(chunk)


@contextmanager
def faulty_engine(path: Path, engine: str, *faults: Fault) -> Iterator[EngineProxy]:
    """Run a proxy for the length of a block.

    Args:
        path: Its socket.
        engine: The engine's socket.
        *faults: What it answers itself.

    Yields:
        The proxy.
    """
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    proxy = EngineProxy(listening, f"unix://{path}", engine, faults)
    try:
        yield proxy
    finally:
        proxy.close()


@contextmanager
def far_engine(address: str, engine: str) -> Iterator[str]:
    """Have the engine of a socket at a TCP port too for the length of a block.

    Args:
        address: The address to listen at.
        engine: The engine's socket.

    Yields:
        Where it is, as ``DOCKER_HOST`` says it.
    """
    listening = socket.create_server((address, 0))
    proxy = EngineProxy(listening, f"tcp://{address}:{listening.getsockname()[1]}", engine)
    try:
        yield proxy.host
    finally:
        proxy.close()
