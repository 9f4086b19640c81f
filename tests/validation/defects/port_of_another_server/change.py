"""The image listens on another port than the manifest and the Space say."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "Dockerfile", "PORT=8000", "PORT=8080")
