"""Starting and stopping the server of a project."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from openenv.errors import OpenEnvError
from openenv.project.project import Project
from openenv.providers.process import ProcessProvider
from openenv.validation.causes import Death
from openenv.validation.check import NotChecked
from openenv.validation.remembered import remembered
from openenv.validation.serving.leftovers import Leftovers, Surroundings
from openenv.validation.wording import exit_words

_LOG_LINES = 12
_LONGEST_STOP_S = 10.0
_LINGER_S = 5.0
_PAUSE_S = 0.02


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
        left: What is there after it.
    """

    code: int
    seconds: float
    log: tuple[str, ...] = ()
    left: Leftovers = field(default_factory=Leftovers)

    @property
    def forced(self) -> bool:
        """Whether it had to be killed."""
        return self.code == -signal.SIGKILL


class Launch:
    """The server of a project, in a process of its own.

    Args:
        project: The project.
        timeout_s: How long it may take until it is healthy, in seconds; to stop, at most ten of these.
        app: What is served in place of the project's app, as ``module:attribute``.
        variables: More environment variables for it.
    """

    def __init__(
        self, project: Project, timeout_s: float, *, app: str | None = None, variables: Mapping[str, str] | None = None
    ) -> None:
        self._surroundings = Surroundings(project.root)
        self._stop_s = min(timeout_s, _LONGEST_STOP_S)
        self._provider = ProcessProvider(
            app or project.app,
            app_dir=project.import_path,
            # Whatever crashes the interpreter shows where in the log, and sets have the same order in every run.
            env_vars={
                "PYTHONFAULTHANDLER": "1",
                "PYTHONHASHSEED": "1",
                **self._surroundings.variables,
                **(variables or {}),
            },
            startup_timeout_s=timeout_s,
            stop_timeout_s=self._stop_s,
        )
        self._address: tuple[str, int] | None = None
        self._death: Death | None = None

    @remembered
    def base_url(self) -> str:
        """Where it listens; starts it on first use."""
        self._surroundings.look()
        try:
            url = self._provider.start()
        except OpenEnvError as error:
            raise LaunchError(error.message.splitlines()[0], self._provider.log[-_LOG_LINES:]) from None
        parts = urlsplit(url)
        self._address = (str(parts.hostname), int(parts.port or 80))
        return url

    @property
    def pid(self) -> int | None:
        """The process of the server that was started last."""
        return self._provider.pid

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines that it has logged."""
        return self._provider.log

    @property
    def death(self) -> Death | None:
        """How it ended by itself; ``None`` where it did not."""
        if self._death is None and self._address is not None and not _listens(self._address):
            self._provider.stop()  # returns when the process is gone, so that its exit code is known
            code = self._provider.exit_code
            assert code is not None, "a server that is gone has an exit code"
            self._death = Death(code, self._provider.log)
        return self._death

    def linger(self) -> None:
        """Wait a moment for its end: a process that dies closes its connections before it is gone."""
        becomes_true(lambda: self.death is not None, _LINGER_S)

    def require_alive(self) -> None:
        """Raise ``NotChecked`` where it has ended by itself."""
        if self.death is not None:
            raise NotChecked(f"the server is gone: it {exit_words(self.death.code)}")

    @remembered
    def exit(self) -> Exit:
        """How it ends when it is asked to; asks it on first use."""
        self.require_alive()
        begun, process = time.monotonic(), self._provider.pid
        assert process is not None, "a server that is alive has a process"
        self._surroundings.note(process)
        os.kill(process, signal.SIGTERM)
        if not becomes_true(lambda: self._provider.exit_code is not None, self._stop_s):
            os.kill(process, signal.SIGKILL)
        seconds = time.monotonic() - begun
        # Only then: stopping the provider ends the rest of the server's group.
        left = self._surroundings.left(process)
        self.stop()
        code = self._provider.exit_code
        assert code is not None, "a server that was stopped has an exit code"
        return Exit(code, seconds, self._provider.log[-_LOG_LINES:], left)

    def kill(self) -> None:
        """End it at once, and remove what it has left."""
        if self.pid is not None and self._provider.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        """Stop it, unless it has ended by itself, and remove what it has left."""
        if self.death is None:
            if self.pid is not None:
                self._surroundings.note(self.pid)
            self._address = None
            self._provider.stop()
        self._surroundings.clear(self._provider.pid)


def becomes_true(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for something, at most so many seconds; says whether it came."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE_S)
    return True


def _listens(address: tuple[str, int]) -> bool:
    """Whether somebody takes connections there; at once true for a busy server, false for a dead one."""
    try:
        with socket.create_connection(address):
            return True
    except OSError:
        return False
