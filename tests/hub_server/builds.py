"""How Spaces are built and started: acted, as the plan for each says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from .log import Log

Phase = Literal["BUILDING", "APP_STARTING"]


class Failed(Exception):
    """A build, or a start, that failed; the message becomes the error message of the Space."""


class Builder(Protocol):
    """Builds and runs one Space."""

    async def build(self, folder: Path, log: Log) -> None:
        """Build what is in a folder.

        Raises:
            Failed: It cannot be built.
        """

    async def start(self, folder: Path, variables: Mapping[str, str], log: Log) -> str | None:
        """Start what was built there.

        Returns:
            Where its server is; nothing, where none stands behind it.

        Raises:
            Failed: It does not start.
        """

    async def stop(self) -> None:
        """Stop its server, if there is one."""


@dataclass
class Plan:
    """How the builds of a Space go.

    Attributes:
        log: What they print.
        fails_at: The phase that fails, if any.
        stays_at: The phase that does not end before it is released, if any.
        message: What the Space says of a failure.
        pace_s: How long each line takes, in seconds.
        server: The address of what answers in the place of the Space's server, if anything does.
    """

    log: tuple[str, ...] = (
        "===== Build Queued =====",
        "--> FROM python:3.12-slim",
        "--> COPY . .",
        "--> Pushing image",
    )
    fails_at: Phase | None = None
    stays_at: Phase | None = None
    message: str = "Job failed with exit code: 1"
    pace_s: float = 0.0
    server: str | None = None


class Acted:
    """A builder that only acts.

    Args:
        plan: What happens.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.released = asyncio.Event()

    async def build(self, folder: Path, log: Log) -> None:
        """Print the lines of the plan."""
        for line in self.plan.log:
            log.write(line)
            await asyncio.sleep(self.plan.pace_s)
        await self._reach("BUILDING")

    async def start(self, folder: Path, variables: Mapping[str, str], log: Log) -> str | None:
        """Say what answers in the place of a server."""
        log.write("===== Application Startup =====")
        await self._reach("APP_STARTING")
        log.close()  # what answers in the place of a server prints elsewhere
        return self.plan.server

    async def stop(self) -> None:
        """Do nothing: nothing runs."""

    async def _reach(self, phase: Phase) -> None:
        if self.plan.stays_at == phase:
            await self.released.wait()
        if self.plan.fails_at == phase:
            raise Failed(self.plan.message)


def acted(_: str) -> Acted:
    """Make the builder of a Space that nothing else is planned for."""
    return Acted(Plan())
