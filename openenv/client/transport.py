"""What a link needs to know of whatever carries its frames."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from openenv.protocol import Dialect


class Listener(Protocol):
    """Is told what happens on a transport, in its event loop."""

    def received(self, raw: bytes) -> None:
        """A frame has come."""
        ...

    def lost(self, code: int, reason: str, *, ours: bool = False) -> None:
        """The connection has gone; nothing follows. ``ours`` says that our end refused what came."""
        ...


class Transport(Protocol):
    """One connection."""

    @property
    def dialect(self) -> Dialect:
        """What the server picked."""
        ...

    def listen(self, listener: Listener) -> None:
        """Say who is to be told, beginning with what came already."""
        ...

    def send(self, frame: bytes) -> None:
        """Send a frame, without waiting."""
        ...

    async def close(self) -> None:
        """End the connection and with it the session; the listener is not told."""
        ...

    def abort(self) -> None:
        """Drop the connection at once; the listener is not told."""
        ...


Connector = Callable[[], Awaitable[Transport]]
"""Opens a connection; raises an ``OpenEnvError`` where that fails."""
