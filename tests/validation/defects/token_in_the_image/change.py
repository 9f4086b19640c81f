"""A token is kept in a variable of the image, where everybody can read it."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "Dockerfile", "EXPOSE 8000", "ENV JUDGE_API_KEY=k-3141592653\nEXPOSE 8000")


def mended(project: Path) -> None:
    replace(project / "Dockerfile", "EXPOSE 8000", "ENV JUDGE_API_KEY_FILE=/run/secrets/judge\nEXPOSE 8000")
