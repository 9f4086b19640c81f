"""The manifest names a client that is called otherwise."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "openenv.yaml", "client:MyEnv", "client:MyClient")
