"""An observation is made from a set, whose order is another one each time that Python starts."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    _say(project, '"".join(set(action.message))')


def mended(project: Path) -> None:
    _say(project, '"".join(sorted(set(action.message)))')


def _say(project: Path, said: str) -> None:
    replace(project / "my_env" / "server" / "environment.py", "message=action.message", f"message={said}")
