"""Closing the environment fails, since it closes what was never opened."""

from __future__ import annotations

from pathlib import Path

from changing import append

CLOSE = """
    def close(self) -> None:
        self._window.close()
"""


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "environment.py", CLOSE)


def mended(project: Path) -> None:
    append(
        project / "my_env" / "server" / "environment.py",
        CLOSE.replace("self._window.close()", "getattr(self, '_window', self._state)"),
    )
