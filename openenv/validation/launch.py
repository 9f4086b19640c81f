"""Starting and stopping the server of a project."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass

from openenv.errors import OpenEnvError
from openenv.project.project import Project
from openenv.providers.process import ProcessProvider
from openenv.validation.check import NotChecked
from openenv.validation.remembered import remembered

_LOG_LINES = 12


class LaunchError(Exception):
    """The server did not start.

    Args:
        message: What happened.
        log: The last lines that it logged.
    """

    def __init__(self, message: str, log: tuple[str, ...]) -> None:
        super().__init__(message)
        self.log = log


@dataclass(frozen=True)
class Exit:
    """How a server ended after it was asked to.

    Attributes:
        code: Its exit code; negative for the signal that ended it.
        seconds: How long it took.
        log: The last lines that it logged.
    """

    code: int
    seconds: float
    log: tuple[str, ...] = ()

    @property
    def forced(self) -> bool:
        """Whether it had to be killed."""
        return self.code == -signal.SIGKILL


class Launch:
    """The server of a project, in a process of its own.

    Args:
        project: The project.
        timeout_s: How long it may take until it is healthy, in seconds.
    """

    def __init__(self, project: Project, timeout_s: float) -> None:
        self._provider = ProcessProvider(project.app, app_dir=project.import_path, startup_timeout_s=timeout_s)

    @remembered
    def base_url(self) -> str:
        """Where it listens; starts it on first use."""
        try:
            return self._provider.start()
        except OpenEnvError as error:
            raise LaunchError(error.message.splitlines()[0], self._log()) from None

    @property
    def ended(self) -> int | None:
        """Its exit code, where it has ended."""
        return self._provider.exit_code

    @remembered
    def exit(self) -> Exit:
        """How it ends when it is asked to; asks it on first use."""
        if self._provider.exit_code is not None:
            raise NotChecked(f"the server is gone: it ended by itself with exit code {self._provider.exit_code}")
        begun = time.monotonic()
        self._provider.stop()
        code = self._provider.exit_code
        if code is None:
            raise NotChecked("no server was started")
        return Exit(code, time.monotonic() - begun, self._log())

    def stop(self) -> None:
        """Stop it, if it still runs."""
        self._provider.stop()

    def _log(self) -> tuple[str, ...]:
        return self._provider.log[-_LOG_LINES:]
