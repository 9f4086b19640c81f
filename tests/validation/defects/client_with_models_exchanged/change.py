"""The client names its action where its observation belongs."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "my_env" / "client.py", "EnvClient[MyAction, MyObservation", "EnvClient[MyAction, MyAction")
