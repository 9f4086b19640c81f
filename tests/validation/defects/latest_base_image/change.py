"""The image is built on whatever is the latest today."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "Dockerfile", "BASE_IMAGE=python:3.12-slim", "BASE_IMAGE=python:latest")
