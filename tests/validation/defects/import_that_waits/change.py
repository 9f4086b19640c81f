"""A module waits for something at its top, so that it is never imported."""

from __future__ import annotations

from pathlib import Path

from changing import append

WAIT = """
import queue

answers: "queue.Queue[str]" = queue.Queue()
"""


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", WAIT + "answers.get()\n")


def mended(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", WAIT)
