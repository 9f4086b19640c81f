"""How a client gets a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openenv.client.transport import Connector
    from openenv.providers.base import Provider


@dataclass(frozen=True)
class Recipe:
    """How to get a session.

    Attributes:
        base_url: Where the server is; ``None`` where the provider says so, or where there is none.
        provider: Starts a server, and stops it.
        connector: Makes a connector for a server's address, and the headers of the handshake.
        message_timeout_s: How long a reply may take, in seconds.
        headers: What the server asks for of whoever speaks to it; the provider may know more.
    """

    base_url: str | None
    provider: Provider | None
    connector: Callable[[str | None, Mapping[str, str]], Connector]
    message_timeout_s: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
