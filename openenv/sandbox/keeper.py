"""The process between a sandbox and its worker: it sets limits, starts workers, and leaves nothing of them behind.

It is trusted, runs no foreign code, and ends with the server, however that ends. It speaks over a socket:
``s`` with three descriptors starts a worker, ``k`` kills it, ``c`` clears its files. The answers are lines of JSON.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from openenv.sandbox.crew import Crew
from openenv.sandbox.files import Scratch
from openenv.sandbox.isolation import UnreadableError, isolate
from openenv.sandbox.limits import Limits

_LOOK_S = 0.2
"""How often files are measured at most, where no file system limits them."""
_EFFORT = 0.05
"""The part of its time that measuring may take: with many processes or files, it is done less often."""


def main(descriptor: int, folder: str, limits: str, *hidden: str) -> None:
    """Keep workers for as long as somebody wants them.

    Args:
        descriptor: Of the socket.
        folder: An empty folder for this sandbox's files.
        limits: The limits, as JSON.
        *hidden: Folders that the code is not to read.
    """
    channel = socket.socket(fileno=descriptor)
    try:
        keeper = Keeper(channel, Path(folder), Limits(**json.loads(limits)), [Path(path) for path in hidden])
    except UnreadableError as error:
        _tell(channel, failed=str(error))
        return
    try:
        keeper.serve()
    finally:
        keeper.close()


class Keeper:
    """Answers what the sandbox asks for, and tells when a worker has ended.

    Args:
        channel: Where it asks.
        folder: Where files go.
        limits: What the code may use.
        hidden: Folders that it is not to read.
    """

    def __init__(self, channel: socket.socket, folder: Path, limits: Limits, hidden: Sequence[Path]) -> None:
        self._channel = channel
        parent = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)  # before all becomes read-only
        boundary = isolate(folder, hidden)
        self._scratch = Scratch(folder, parent, limits, boundary)
        self._crew = Crew(limits, boundary)
        self._polls = boundary.isolation.files == "checked"
        self._pause_s = _LOOK_S
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)
        self._selector.register(_children_ended(), selectors.EVENT_READ)
        _tell(self._channel, ready=asdict(boundary.isolation))

    def serve(self) -> None:
        """Go on until the other end is closed."""
        while True:
            events = self._selector.select(self._pause_s if self._polls and self._crew.working else None)
            for key, _ in events:
                if key.fileobj is not self._channel:
                    os.read(key.fd, 4096)
                elif not self._obey():
                    return
            self._look_after_worker()

    def close(self) -> None:
        """Kill what lives, and remove what is written."""
        self._crew.kill()
        self._scratch.remove()

    def _obey(self) -> bool:
        try:
            order, descriptors, _, _ = socket.recv_fds(self._channel, 1, 3)
        except ConnectionResetError:  # the server has gone without reading all
            return False
        if order == b"s":
            self._crew.start(descriptors, self._scratch.home)
            _tell(self._channel, started=True)
        elif order == b"k" and self._crew.working:
            _tell(self._channel, ended=self._crew.kill(), reason=None)
        elif order == b"c":
            self._empty()
            _tell(self._channel, cleared=True)
        return bool(order)

    def _empty(self) -> None:
        self._scratch.clear()
        self._scratch.fill()

    def _excess(self) -> str | None:
        began = time.monotonic()
        reason = self._scratch.excess(self._crew.members())
        self._pause_s = max(_LOOK_S, (time.monotonic() - began) / _EFFORT)
        return reason

    def _look_after_worker(self) -> None:
        if not self._crew.working:
            return
        status, reason = self._crew.ended(), None
        if status is None and self._polls and (reason := self._excess()):
            status = self._crew.kill()
            self._empty()
        if status is not None:
            _tell(self._channel, ended=status, reason=reason)


def _tell(channel: socket.socket, **facts: object) -> None:
    with suppress(BrokenPipeError):  # the server is gone, as reading will tell
        channel.sendall(json.dumps(facts).encode() + b"\n")


def _children_ended() -> int:
    """Make a descriptor that can be read whenever a child has ended."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reading
