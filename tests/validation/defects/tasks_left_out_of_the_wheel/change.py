"""The tasks are not in the wheel, so that the image has none."""

from __future__ import annotations

from pathlib import Path

from changing import append


def _keep_tasks(project: Path) -> None:
    append(project / "my_env" / "tasks" / "first.txt", "say hello\n")
    append(
        project / "my_env" / "server" / "tasks.py",
        "from importlib.resources import files\n\nTASKS = files('my_env') / 'tasks'\n",
    )


def defect(project: Path) -> None:
    _keep_tasks(project)
    append(project / "pyproject.toml", '\n[tool.hatch.build]\nexclude = ["*.txt"]\n')


def mended(project: Path) -> None:
    _keep_tasks(project)
