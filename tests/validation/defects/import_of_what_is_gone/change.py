"""A function imports a class that was renamed, and fails only when it is called."""

from __future__ import annotations

from pathlib import Path

from changing import append


def defect(project: Path) -> None:
    append(
        project / "my_env" / "server" / "rendering.py",
        "def render():\n    from my_env.models import MyBoard\n\n    return MyBoard\n",
    )


def mended(project: Path) -> None:
    append(
        project / "my_env" / "server" / "rendering.py",
        "def render():\n    from my_env.models import MyAction\n\n    return MyAction\n",
    )
