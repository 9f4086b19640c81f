"""The image runs as the user that an argument of its build names, which is root."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "Dockerfile", "USER user\n", "ARG RUN_AS=root\nUSER $RUN_AS\n")


def mended(project: Path) -> None:
    replace(project / "Dockerfile", "USER user\n", "ARG RUN_AS=user\nUSER $RUN_AS\n")
