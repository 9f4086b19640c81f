"""How much a request may bring: as much over HTTP as in a frame."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.exceptions import HTTPException

from openenv.server.security import ASGIApp, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware that answers 413 to a request whose body is too large, however it is sent.

    Args:
        app: What lies behind it.
        most: The largest body, in bytes.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting what it brings."""
        await self._app(scope, self._counted(receive) if scope["type"] == "http" else receive, send)

    def _counted(self, receive: Receive) -> Receive:
        taken = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise HTTPException(413, f"the body is larger than {self._most:,} bytes")
            return message

        return counted
