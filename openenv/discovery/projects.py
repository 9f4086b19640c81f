"""Projects in a folder and below it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from openenv.project.manifest import MANIFEST_NAME

DEEPEST = 4
"""How many folders below the first one are looked into."""

_ELSEWHERE = ("node_modules", "site-packages", "__pycache__")


def projects_below(folder: Path) -> list[Path]:
    """Find the projects in a folder and below it.

    Hidden folders, virtual environments and what is inside of projects are not looked into.

    Args:
        folder: Where to begin.

    Returns:
        The folders with a manifest, sorted; what is wrong with one is found out when it is read.
    """
    return sorted(_roots(folder))


def _roots(folder: Path) -> Iterator[Path]:
    for place, below, files in os.walk(folder):
        here = Path(place)
        if MANIFEST_NAME in files:
            yield here
        if MANIFEST_NAME in files or "pyvenv.cfg" in files or len(here.relative_to(folder).parts) == DEEPEST:
            below.clear()
        below[:] = [name for name in below if not name.startswith(".") and name not in _ELSEWHERE]
