"""The Dockerfile copies a file that the project does not have."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "Dockerfile", "COPY pyproject.toml ./", "COPY pyproject.toml requirements.txt ./")
