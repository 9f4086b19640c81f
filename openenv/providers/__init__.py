"""Where a server runs: something that starts one, says its address, and stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openenv.providers.base import Provider

if TYPE_CHECKING:
    from openenv.providers.docker import DockerProvider
    from openenv.providers.process import ProcessProvider

__all__ = ["DockerProvider", "ProcessProvider", "Provider"]


def __getattr__(name: str) -> Any:
    """Load a provider when it is first used."""
    if name == "DockerProvider":
        from openenv.providers.docker import DockerProvider

        return DockerProvider
    if name == "ProcessProvider":
        from openenv.providers.process import ProcessProvider

        return ProcessProvider
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
