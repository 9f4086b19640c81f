"""The environment imports a package that is not installed."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(
        project / "my_env" / "server" / "environment.py",
        "from uuid import uuid4\n",
        "from uuid import uuid4\n\nimport my_simulator_engine\n",
    )
