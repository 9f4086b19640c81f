"""What the app does as the server starts ends it."""

from __future__ import annotations

from pathlib import Path

from changing import append

STARTUP = """
from contextlib import asynccontextmanager

inner = app.router.lifespan_context


@asynccontextmanager
async def licensed(app):
    CHECK
    async with inner(app):
        yield


app.router.lifespan_context = licensed
"""


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", STARTUP.replace("CHECK", 'raise RuntimeError("no licence")'))


def mended(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", STARTUP.replace("CHECK", "assert app"))
