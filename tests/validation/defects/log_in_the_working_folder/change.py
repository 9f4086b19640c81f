"""Steps are written to a file of the working folder, which all sessions share."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(
        project / "my_env" / "server" / "environment.py",
        "self._state.step_count += 1\n",
        "self._state.step_count += 1\n        print(action, file=open('steps.log', 'a'))\n",
    )


def mended(project: Path) -> None:
    replace(
        project / "my_env" / "server" / "environment.py",
        "self._state.step_count += 1\n",
        "self._state.step_count += 1\n        print(action)\n",
    )
