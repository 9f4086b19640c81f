"""The Hub as an ASGI app."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from .hub import Hub
from .problems import Problem, respond
from .routes import (
    commits,
    control,
    discussions,
    files,
    identity,
    information,
    large_files,
    repositories,
    spaces,
)

# The order matters: what stands first answers to a path that two of them know.
_ROUTERS = [
    module.router
    for module in (control, identity, spaces, repositories, commits, large_files, files, discussions, information)
]


def create_app(hub: Hub) -> ASGIApp:
    """Make the app of a Hub, faults included."""
    app = FastAPI(title="A Hub for tests", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.hub = hub
    app.add_exception_handler(Problem, respond)
    for router in _ROUTERS:
        app.include_router(router)
    return hub.faults.around(app)
