"""Sessions go to two servers in turn, each of which counts its own."""

from __future__ import annotations

from pathlib import Path

from changing import append

TWO = """
first, second, opened = app, create_app(MyEnvironment), []


class InTurn:
    state = first.state

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            opened.append(scope)
            await (first, second)[len(opened) % 2](scope, receive, send)
        else:
            await first(scope, receive, send)


app = InTurn()
"""


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", TWO)
