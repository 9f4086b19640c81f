"""One Space at work: its stage, its logs, its address."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from .builds import Builder, Failed
from .host import Host
from .log import Log

UP = ("RUNNING", "RUNNING_BUILDING", "RUNNING_APP_STARTING")


class Space:
    """What became of the last push to a Space.

    Args:
        builder: Builds and runs it.
        host: Its address.

    Attributes:
        stage: Where it stands; the names are the Hub's.
        message: What went wrong, if anything did.
        deployed: The commit that runs, or ran last.
        server: Where its server is, if there is one.
        build_log: What the last build printed.
        run_log: What the server prints.
    """

    def __init__(self, builder: Builder, host: Host) -> None:
        self.builder = builder
        self.host = host
        self.stage = "NO_APP_FILE"
        self.message: str | None = None
        self.deployed: str | None = None
        self.server: str | None = None
        self.build_log = _closed_log()
        self.run_log = _closed_log()
        self._task: asyncio.Task[None] | None = None

    def enter(self, stage: str, message: str | None = None) -> None:
        """Be at another stage, and go nowhere from there by itself."""
        self._halt()
        self._note(stage, message)

    def deploy(self, commit: str, folder: Path, variables: Mapping[str, str]) -> None:
        """Build a commit, and run it in the place of what runs now."""
        self._begin(self._build_and_start(commit, folder, variables))

    def restart(self, folder: Path, variables: Mapping[str, str]) -> None:
        """Start again what was built before."""
        self._begin(self._start(folder, variables, "APP_STARTING"))

    def pause(self) -> None:
        """Stop it until somebody starts it again."""
        self._begin(self._pause())

    async def close(self) -> None:
        """Stop whatever is under way, and hang up on all visitors."""
        self._halt()
        await self.builder.stop()
        await self.host.close()

    async def _build_and_start(self, commit: str, folder: Path, variables: Mapping[str, str]) -> None:
        prefix = "RUNNING_" if self.stage in UP else ""
        self._note(f"{prefix}BUILDING")
        self.build_log = Log()
        try:
            await self.builder.build(folder, self.build_log)
        except Failed as failure:
            self._note("BUILD_ERROR", str(failure))
            return
        finally:
            self.build_log.close()
        self.deployed = commit
        await self._start(folder, variables, f"{prefix}APP_STARTING")

    async def _start(self, folder: Path, variables: Mapping[str, str], stage: str) -> None:
        self._note(stage)
        await self._stop_server()
        self.run_log = Log()
        try:
            self.server = await self.builder.start(folder, variables, self.run_log)
        except Failed as failure:
            self.run_log.close()
            self._note("RUNTIME_ERROR", str(failure))
            return
        self._note("RUNNING")

    async def _pause(self) -> None:
        self._note("PAUSED")
        await self._stop_server()

    async def _stop_server(self) -> None:
        self.run_log.close()
        self.server = None
        await self.builder.stop()

    def _begin(self, doing: Coroutine[Any, Any, None]) -> None:
        self._halt()
        self._task = asyncio.create_task(doing)

    def _halt(self) -> None:
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def _note(self, stage: str, message: str | None = None) -> None:
        self.stage, self.message = stage, message


def _closed_log() -> Log:
    log = Log()
    log.close()
    return log
