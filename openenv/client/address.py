"""Where a server is, and how to connect to it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from openenv.errors import ConfigurationError

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


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

    Returns:
        The address of ``/ws``.

    Raises:
        ConfigurationError: It is not an address.
    """
    parts = urlsplit(base_url if "://" in base_url else f"ws://{base_url}")
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ConfigurationError(f"{base_url!r} is not a server's address", hint="for example http://localhost:8000")
    path = parts.path.rstrip("/")
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path if path.endswith("/ws") else f"{path}/ws", "", ""))


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
