"""The Hub as an ASGI app."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from .hub import Hub
from .problems import Problem, respond
from .routes import commits, discussions, files, identity, information, large_files, repositories


def create_app(hub: Hub) -> ASGIApp:
    """Make the app of a Hub, faults included."""
    app = FastAPI(title="A Hub for tests", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.hub = hub
    app.add_exception_handler(Problem, respond)
    for module in (identity, repositories, commits, large_files, files, discussions, information):
        app.include_router(module.router)
    return hub.faults.around(app)
