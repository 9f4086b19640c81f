"""A wrapper around the app hides which versions of the protocol a client speaks."""

from __future__ import annotations

from pathlib import Path

from changing import append

WRAPPED = """
inner = app


async def app(scope, receive, send):
    await inner({**scope, "subprotocols": []}, receive, send)
"""


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", WRAPPED)
