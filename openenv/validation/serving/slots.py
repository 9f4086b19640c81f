"""A second server of a project: with few slots, and sessions that are soon given up."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from openenv.project.project import Project
from openenv.validation.check import NotChecked
from openenv.validation.play.plays import Play
from openenv.validation.remembered import remembered
from openenv.validation.serving.launch import Launch, LaunchError, becomes_true
from openenv.validation.serving.server import Server
from openenv.validation.serving.watched import VARIABLE
from openenv.validation.serving.wire import Session

_KEPT_S = 0.5
"""How long a session is kept that is left alone, or whose connection is lost, in seconds."""

_FEW = 2
_LONGEST_CLOSE_S = 12.0


class Slots:
    """The slots of such a server.

    Args:
        project: The project.
        timeout_s: The longest wait for an answer, in seconds.
        most: How many sessions the environment takes at most.
        first: What was played on the server that was started before.
    """

    def __init__(self, project: Project, timeout_s: float, most: int, first: Play) -> None:
        self.count = min(_FEW, most)
        self.first = first
        self._timeout_s = timeout_s
        self._project = project
        variables = {
            VARIABLE: project.app,
            "OPENENV_MAX_SESSIONS": str(self.count),
            "OPENENV_IDLE_TIMEOUT_S": str(_KEPT_S),
            "OPENENV_RESUME_WINDOW_S": str(_KEPT_S),
            "PYTHONHASHSEED": "2",  # sets of texts have another order than on the first one
        }
        self._launch = Launch(project, timeout_s, app="openenv.validation.serving.watched:app", variables=variables)

    @remembered
    def server(self) -> Server:
        """The server, or ``NotChecked`` where it does not start."""
        try:
            return Server(self._launch.base_url, self._timeout_s, ours=True, project=self._project)
        except LaunchError as error:
            raise NotChecked(f"no second server could be started: {error}") from None

    @property
    def log(self) -> tuple[str, ...]:
        """What it has logged."""
        return self._launch.log

    def open(self) -> AbstractContextManager[Session]:
        """Open a session, or raise ``NotChecked`` at once where no slot is free."""
        return self.server.v2(wait_s=0.0)

    def taken(self) -> int:
        """How many slots are taken."""
        return int(self.server.web.get("/ready").json().get("active_sessions", 0))

    def stuck(self) -> int:
        """How many are held by environments that do not return from close."""
        return int(self.server.web.get("/ready").json().get("stuck", 0))

    def become_free(self) -> float | None:
        """Wait until all slots are free again; returns ``None``, or after how many seconds one is still taken."""
        begun = time.monotonic()
        longest = _KEPT_S + min(self._timeout_s, _LONGEST_CLOSE_S)
        free = becomes_true(lambda: self.taken() + self.stuck() == 0, longest)
        return None if free else time.monotonic() - begun

    def close(self) -> None:
        """Stop the server."""
        self._launch.stop()
