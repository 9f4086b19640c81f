"""The client imports what only the server has installed."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "my_env" / "client.py", "from openenv", "import my_simulator_engine\nfrom openenv")
    replace(project / "my_env" / "__init__.py", "from my_env.client import MyEnv\n", "")
    replace(project / "my_env" / "__init__.py", '"MyEnv", ', "")
