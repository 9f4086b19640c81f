"""The app was renamed, and the manifest was not."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "my_env" / "server" / "app.py", "app = create_app", "application = create_app")
    replace(project / "my_env" / "server" / "app.py", "run(app)", "run(application)")


def mended(project: Path) -> None:
    replace(project / "my_env" / "server" / "app.py", "app = create_app", "application = create_app")
    replace(project / "my_env" / "server" / "app.py", "run(app)", "run(application)")
    replace(project / "openenv.yaml", "server.app:app", "server.app:application")
