"""The package is installed with another version than the manifest promises."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "pyproject.toml", 'dynamic = ["version"]', 'version = "0.2.0"')


def mended(project: Path) -> None:
    replace(project / "pyproject.toml", 'dynamic = ["version"]', 'version = "0.1.0"')
