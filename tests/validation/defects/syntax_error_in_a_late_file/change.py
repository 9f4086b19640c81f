"""A file that is imported only later cannot be parsed."""

from __future__ import annotations

from pathlib import Path

from changing import append


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "rendering.py", "def render(:\n    pass\n")


def mended(project: Path) -> None:
    append(project / "my_env" / "server" / "rendering.py", "def render():\n    pass\n")
