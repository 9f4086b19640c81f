"""The image runs a module that was renamed."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "Dockerfile", "my_env.server.app:app", "my_env.server.main:app")


def mended(project: Path) -> None:
    replace(project / "Dockerfile", "my_env.server.app:app", "my_env.server.main:app")
    (project / "my_env" / "server" / "main.py").write_text("from my_env.server.app import app as app\n", "utf-8")
