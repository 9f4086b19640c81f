"""Every episode gets a name of its own, also where another one was asked for."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "my_env" / "server" / "environment.py", "State(episode_id=episode_id or ", "State(episode_id=")
