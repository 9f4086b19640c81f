"""A key to somebody's account lies among the files."""

from __future__ import annotations

from pathlib import Path

from changing import append


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "judge.py", f"KEY = 'hf_{'aB3xY9' * 6}'\n")


def mended(project: Path) -> None:
    append(project / ".env", f"KEY=hf_{'aB3xY9' * 6}\n")
