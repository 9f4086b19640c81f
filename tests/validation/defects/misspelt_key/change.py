"""A key of the manifest is misspelt, so that what it says counts for nothing."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "openenv.yaml", "port:", "prot:")
