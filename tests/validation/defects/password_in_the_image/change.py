"""The address of a database is kept in the image, with its password."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    address = "postgres://judge:{}@db.internal/scores".format("hunter22" + "pass")
    replace(project / "Dockerfile", "EXPOSE 8000", f"ENV SCORES={address}\nEXPOSE 8000")


def mended(project: Path) -> None:
    replace(project / "Dockerfile", "EXPOSE 8000", "ENV SCORES=postgres://judge@db.internal/scores\nEXPOSE 8000")
