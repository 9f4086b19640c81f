"""The server: an environment behind HTTP and WebSocket."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openenv.server.app import create_app
    from openenv.server.run import run
    from openenv.server.settings import ServerSettings

__all__ = ["ServerSettings", "create_app", "run"]

_HOME_OF = {
    "ServerSettings": "openenv.server.settings",
    "create_app": "openenv.server.app",
    "run": "openenv.server.run",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: a client in this process needs the settings, and no web framework."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value
