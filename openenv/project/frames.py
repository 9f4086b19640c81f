"""Which frames of a traceback stand in a project's own files."""

from __future__ import annotations

from pathlib import Path


def is_own(file: str | Path, root: Path) -> bool:
    """Say whether a file belongs to a project.

    Args:
        file: The file, as a traceback names it.
        root: The project's folder; virtual environments below it do not count.
    """
    path = Path(file)
    return path.is_relative_to(root) and "site-packages" not in path.parts


def place(file: str | Path, line: int | None, root: Path) -> str:
    """Name a line of a project's own file: ``my_env/client.py:3``."""
    return f"{Path(file).relative_to(root).as_posix()}:{line}"
