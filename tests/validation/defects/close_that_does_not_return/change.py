"""Closing the environment waits for something that never comes, and the slot is lost."""

from __future__ import annotations

from pathlib import Path

from changing import append

CLOSE = """
    def close(self) -> None:
"""


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "environment.py", CLOSE + '        __import__("threading").Event().wait()\n')


def mended(project: Path) -> None:
    append(
        project / "my_env" / "server" / "environment.py", CLOSE + '        __import__("threading").Event().wait(0.01)\n'
    )
