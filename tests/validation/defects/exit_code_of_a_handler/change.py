"""What runs at exit makes every stop look like a failure."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(
        project / "my_env" / "server" / "app.py",
        "app = create_app",
        "import atexit, os; atexit.register(os._exit, 5)\napp = create_app",
    )
