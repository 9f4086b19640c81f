"""Who may connect: API key, origin and host are checked before anything else, also before a WebSocket opens."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from openenv.errors import UnauthorizedError
from openenv.server.problems import error_response

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_OPEN_PATHS = ("/health", "/ready")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_PASSED_ON = (b"forwarded", b"x-forwarded-for", b"x-real-ip")


class Gate:
    """ASGI middleware that refuses who may not connect: 401 without the key, 403 from a wrong origin or host.

    Args:
        app: What lies behind it.
        websocket: What lies behind ``/ws``. It is reached from here, since each layer of the framework in
            between would cost every message something.
        api_key: The key, if one is needed.
        allowed_origins: Origins that are taken beside the server's own.
    """

    def __init__(self, app: ASGIApp, websocket: ASGIApp, api_key: str | None, allowed_origins: tuple[str, ...]) -> None:
        self._app = app
        self._websocket = websocket
        self._api_key = api_key
        self._origins = {origin.rstrip("/").lower() for origin in allowed_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        refusal = self._origin_refusal(scope, headers) or self._key_refusal(scope, headers)
        if refusal is not None:
            status, message = refusal
            await refuse(scope, receive, send, error_response(UnauthorizedError(message), status))
        elif scope["type"] == "websocket" and path_of(scope) == "/ws":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _key_refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if self._api_key is None or path_of(scope) in _OPEN_PATHS:
            return None
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = headers.get("x-openenv-key") or (bearer.strip() if scheme.lower() == "bearer" else "")
        if hmac.compare_digest(given.encode(), self._api_key.encode()):
            return None
        what = "the API key is wrong" if given else "an API key is needed"
        return 401, f"{what}; send it as X-OpenEnv-Key or Authorization: Bearer"

    def _origin_refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "").lower()
        if is_loopback(scope) and not self._known_host(host):
            return 403, f"host {host!r} is not this server; connect to localhost, or add its origin to allowed_origins"
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        origin = headers.get("origin", "").lower().rstrip("/")
        same = host and _parts(origin).netloc == host
        if not changes or not origin or same or origin in self._origins:
            return None
        return 403, f"origin {origin!r} may not connect; add it to allowed_origins if it should"

    def _known_host(self, host: str) -> bool:
        name = _parts(f"//{host}").hostname or ""
        return is_loopback_name(name) or any(_parts(origin).hostname == name for origin in self._origins)


def path_of(scope: Scope) -> str:
    """The path within this app, which may be mounted in another one."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path


def is_loopback(scope: Scope) -> bool:
    """Whether a request reached the server through a loopback address."""
    server = scope.get("server")
    return server is not None and is_loopback_name(server[0])


def is_local(scope: Scope) -> bool:
    """Whether a request comes from this machine, and is not passed on by a proxy here."""
    return is_loopback(scope) and not any(name.lower() in _PASSED_ON for name, _ in scope["headers"])


def is_loopback_name(name: str) -> bool:
    """Whether a host name or address means this machine."""
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    # A socket for both families reports 127.0.0.1 as ::ffff:127.0.0.1.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # brackets without an address in them
        return SplitResult("", "", "", "", "")


async def refuse(scope: Scope, receive: Receive, send: Send, response: ASGIApp) -> None:
    """Answer a request; a WebSocket is answered before it opens, and with 403 where the web server cannot say more.

    Args:
        scope: The request.
        receive: Where its messages come from.
        send: Where the answer goes.
        response: The answer.
    """
    if scope["type"] == "http":
        await response(scope, receive, send)
        return
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        await response(scope, receive, send)
        for _ in range(2):  # until the socket is gone; uvicorn takes who returns earlier for one who did not answer
            await receive()
    else:
        await send({"type": "websocket.close"})
