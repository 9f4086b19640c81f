"""Clients: play environments from an agent's side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openenv.client.client import EnvClient
from openenv.client.generic import GenericAction, GenericEnvClient

if TYPE_CHECKING:
    from openenv.client.sync import SyncEnvClient

__all__ = ["EnvClient", "GenericAction", "GenericEnvClient", "SyncEnvClient"]


def __getattr__(name: str) -> Any:
    """Load the synchronous face when it is first used: asyncio comes with it."""
    if name == "SyncEnvClient":
        from openenv.client.sync import SyncEnvClient

        return SyncEnvClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
