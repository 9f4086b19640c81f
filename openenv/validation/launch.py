"""Starting and stopping the server of a project."""

from __future__ import annotations

import signal
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from openenv.errors import OpenEnvError
from openenv.project.project import Project
from openenv.providers.process import ProcessProvider
from openenv.validation.check import NotChecked
from openenv.validation.remembered import remembered

_LOG_LINES = 12
_LONGEST_STOP_S = 10.0


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
        timeout_s: How long it may take until it is healthy, in seconds; to stop, at most ten of these.
    """

    def __init__(self, project: Project, timeout_s: float) -> None:
        self._provider = ProcessProvider(
            project.app,
            app_dir=project.import_path,
            startup_timeout_s=timeout_s,
            stop_timeout_s=min(timeout_s, _LONGEST_STOP_S),
        )
        self._address: tuple[str, int] | None = None
        self._gone: str | None = None

    @remembered
    def base_url(self) -> str:
        """Where it listens; starts it on first use."""
        try:
            url = self._provider.start()
        except OpenEnvError as error:
            raise LaunchError(error.message.splitlines()[0], self._log()) from None
        parts = urlsplit(url)
        self._address = (str(parts.hostname), int(parts.port or 80))
        return url

    def require_alive(self) -> None:
        """Raise ``NotChecked`` where it has ended by itself."""
        if self._address is not None and self._gone is None and not _listens(self._address):
            self._provider.stop()  # returns when the process is gone, so that its exit code is known
            self._gone = f"the server is gone: it ended by itself with exit code {self._provider.exit_code}"
        if self._gone is not None:
            raise NotChecked(self._gone)

    @remembered
    def exit(self) -> Exit:
        """How it ends when it is asked to; asks it on first use."""
        self.require_alive()
        begun = time.monotonic()
        self._provider.stop()
        code = self._provider.exit_code
        assert code is not None, "a server that was stopped has an exit code"
        return Exit(code, time.monotonic() - begun, self._log())

    def stop(self) -> None:
        """Stop it, if it still runs."""
        self._provider.stop()

    def _log(self) -> tuple[str, ...]:
        return self._provider.log[-_LOG_LINES:]


def _listens(address: tuple[str, int]) -> bool:
    """Whether somebody takes connections there; at once true for a busy server, false for a dead one."""
    try:
        with socket.create_connection(address):
            return True
    except OSError:
        return False
