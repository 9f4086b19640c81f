"""A step is a coroutine, and sleeps without await, so that the server answers nobody."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    _sleep(project, "__import__('time').sleep(0 if action.message else 60)")


def mended(project: Path) -> None:
    _sleep(project, "await __import__('asyncio').sleep(0.01)")


def _sleep(project: Path, sleep: str) -> None:
    environment = project / "my_env" / "server" / "environment.py"
    for method in ("reset", "step"):  # only an environment that is asynchronous as a whole lives in the server's loop
        replace(environment, f"    def {method}(", f"    async def {method}(")
    replace(environment, '"""Say it back."""\n', f'"""Say it back."""\n        {sleep}\n')
