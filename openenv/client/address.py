"""Where a server is, and how to connect to it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from openenv.errors import ConfigurationError

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
"""Where a server listens to everybody -> where it answers on this machine."""
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?")
_CREDENTIALS = re.compile(r"^(\s*(?:\w+://)?)[^/?#]*@")
_UP_TO_AT = re.compile(r"^(b?['\"]\s*(?:\w+:/+)?).*@", re.DOTALL)
"""Credentials in the literal of what is no address: where they end, only the last ``@`` tells."""
_KEPT = r"\1"


@dataclass(frozen=True)
class WebSocketSettings:
    """How to connect.

    Attributes:
        connect_timeout_s: How long the handshake may take, in seconds.
        max_message_bytes: The largest message to take.
        ping_interval_s: How often to ask whether the server is still there, in seconds; ``None`` for never.
        ping_timeout_s: How long it has for an answer, in seconds; ``None`` for any time.
        headers: Headers of the handshake.
    """

    connect_timeout_s: float = 10.0
    max_message_bytes: int = 100 * 1024 * 1024
    ping_interval_s: float | None = 20.0
    ping_timeout_s: float | None = 20.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def websocket_url(base_url: str) -> str:
    """Say where a server's WebSocket is.

    Args:
        base_url: ``http(s)://``, ``ws(s)://``, or host and port alone; a path in front of the server's is kept.
            ``0.0.0.0`` and ``[::]``, where servers listen, become this machine's own address.

    Returns:
        The address of ``/ws``.

    Raises:
        ConfigurationError: It is not an address.
    """
    try:
        parts = _taken_apart(base_url)
    except ValueError as error:
        message = f"{_UP_TO_AT.sub(_KEPT, repr(base_url))} is not a server's address: {error}"
        raise ConfigurationError(message, hint="for example http://localhost:8000") from None
    place, path = parts.netloc, parts.path.rstrip("/")
    if parts.hostname in _ANYWHERE:
        credentials, at, _ = place.rpartition("@")
        port = "" if parts.port is None else f":{parts.port}"
        place = f"{credentials}{at}{_ANYWHERE[parts.hostname]}{port}"
    return urlunsplit((_SCHEMES[parts.scheme], place, path if path.endswith("/ws") else f"{path}/ws", "", ""))


def http_url(base_url: str) -> str:
    """Say where a server's HTTP routes are; takes and raises what :func:`websocket_url` does."""
    return "http" + websocket_url(base_url).removeprefix("ws").removesuffix("/ws")


def without_credentials(url: str) -> str:
    """An address as it may be shown: user name and password are left out."""
    return _CREDENTIALS.sub(_KEPT, url)


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _taken_apart(base_url: Any) -> SplitResult:
    """Split an address into its parts; a ``ValueError`` says what is wrong with it."""
    if not isinstance(base_url, str):
        raise ValueError(f"it is of type {type(base_url).__name__}, not str")
    base_url = base_url.strip()
    scheme, found, _ = base_url.partition("://")
    if not found and scheme.partition(":")[0] in _SCHEMES:
        raise ValueError(f"there is no // behind {scheme.partition(':')[0]}:")
    if found and scheme.lower() not in _SCHEMES:
        raise ValueError(f"it begins with {scheme}://, not with http:// or https://")
    parts = urlsplit(base_url if found else f"ws://{base_url}")
    host = parts.hostname
    if not host:
        raise ValueError("it names no host")
    if ":" not in host and not _can_be_host(host):
        raise ValueError(f"{host!r} cannot be the name of a host")
    try:
        parts.port  # noqa: B018  raises where it is no number, or too large
    except ValueError:
        if "@" in base_url and "@" not in parts.netloc:
            raise ValueError("write a /, ? or # in the password as %2F, %3F or %23") from None
        raise
    return parts


def _can_be_host(name: str) -> bool:
    try:
        return _HOST_NAME.fullmatch(name if name.isascii() else name.encode("idna").decode()) is not None
    except UnicodeError:
        return False
