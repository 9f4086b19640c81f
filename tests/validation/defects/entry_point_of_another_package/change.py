"""The entry point names a package that does not exist, so that the environment is not found once it is installed."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "pyproject.toml", 'my-env = "my_env"', 'my-env = "my_environment"')
