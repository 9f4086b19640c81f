"""A key of pyproject.toml is misspelt, so that the package is installed where it cannot run."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "pyproject.toml", "requires-python", "requires-pyhton")


def mended(project: Path) -> None:
    replace(project / "pyproject.toml", "requires-python", 'keywords = ["agents"]\nrequires-python')
