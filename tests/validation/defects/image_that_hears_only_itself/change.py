"""The server of the image listens on an address that only its own container has."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "Dockerfile", "--host 0.0.0.0 ", "")


def mended(project: Path) -> None:
    replace(project / "Dockerfile", "--host 0.0.0.0 ", "--host :: ")
