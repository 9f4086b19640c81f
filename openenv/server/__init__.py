"""The server: an environment behind HTTP and WebSocket."""

from __future__ import annotations

from openenv.server.app import create_app, create_fastapi_app
from openenv.server.run import run
from openenv.server.settings import ServerSettings

__all__ = ["ServerSettings", "create_app", "create_fastapi_app", "run"]
