"""Each episode leaves a file in the folder for temporary files."""

from __future__ import annotations

from pathlib import Path

from changing import replace

KEPT = """import tempfile

        self._scratch = tempfile.NamedTemporaryFile(delete=False)
        """
REMOVED = """import tempfile

        self._scratch = tempfile.NamedTemporaryFile()
        """


def defect(project: Path) -> None:
    replace(
        project / "my_env" / "server" / "environment.py",
        "self._state = State(episode_id",
        KEPT + "self._state = State(episode_id",
    )


def mended(project: Path) -> None:
    replace(
        project / "my_env" / "server" / "environment.py",
        "self._state = State(episode_id",
        REMOVED + "self._state = State(episode_id",
    )
