"""Each environment starts a process that has nothing of the server, and nobody ends it."""

from __future__ import annotations

from pathlib import Path

from changing import replace

STARTED = """self._state = State()
        command = ["sleep", "600"]
        self._helper = __import__("subprocess").Popen(command, start_new_session=True, env={})
"""
CLOSED = """
    def close(self) -> None:
        self._helper.kill()
        self._helper.wait()
"""


def defect(project: Path) -> None:
    replace(project / "my_env" / "server" / "environment.py", "self._state = State()\n", STARTED)


def mended(project: Path) -> None:
    replace(project / "my_env" / "server" / "environment.py", "self._state = State()\n", STARTED + CLOSED)
