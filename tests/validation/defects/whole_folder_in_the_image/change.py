"""The whole folder is copied into the image, with secrets and history."""

from __future__ import annotations

from pathlib import Path


def defect(project: Path) -> None:
    (project / ".dockerignore").unlink()


def mended(project: Path) -> None:
    (project / ".dockerignore").write_text(".env\n.git\n.venv\n", encoding="utf-8")
