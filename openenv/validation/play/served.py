"""Episodes on a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from openenv.project.project import Project
from openenv.protocol import Dialect
from openenv.validation.check import NotChecked, ProbeError
from openenv.validation.play.arena import Arena
from openenv.validation.play.effort import Effort
from openenv.validation.remembered import remembered
from openenv.validation.schemas import Schemas
from openenv.validation.serving.launch import Launch, LaunchError
from openenv.validation.serving.wire import Player

if TYPE_CHECKING:
    from openenv.validation.serving.server import Server


class ServedArena(Arena):
    """Plays on a server, each session on a connection of its own.

    Args:
        server: The server.
        effort: How much is played.
        project: The project that it was started from, if any.
        pid: Its process, if that is known.
    """

    def __init__(self, server: Server, effort: Effort, project: Project | None = None, pid: int | None = None) -> None:
        super().__init__(effort, server.timeout_s, project, pid)
        self._server = server

    @property
    def dialect(self) -> Dialect:
        """The newest dialect that the server speaks."""
        return self._server.dialect

    @property
    def schemas(self) -> Schemas:
        """What the server says about itself."""
        return self._server.schemas

    @remembered
    def seedable(self) -> bool | None:
        """What its metadata say; servers of openenv 0.10 do not."""
        try:
            said = self._server.web.get("/metadata").object().get("seedable")
        except ProbeError:
            return None
        return said if isinstance(said, bool) else None

    @property
    def max_sessions(self) -> int | None:
        """What its readiness says."""
        return self._server.max_sessions

    def session(self, dialect: Dialect | None = None) -> AbstractContextManager[Player]:
        """Open a session on a connection of its own."""
        return self._server.v2() if (dialect or self.dialect) is Dialect.V2 else self._server.v1()

    @contextmanager
    def anew(self, timeout_s: float) -> Iterator[Arena]:
        """Start a project's server once more; it is killed afterwards, since it may hang."""
        from openenv.validation.serving.server import Server

        if self.project is None:
            raise NotChecked("only a project's server can be started anew")
        launch = Launch(self.project, self.timeout_s)
        try:
            server = Server(launch.base_url, timeout_s, ours=True, effort=self.effort, project=self.project)
            yield server.play.arena
        except LaunchError as error:
            raise NotChecked(f"the server does not start once more: {error}") from None
        finally:
            launch.kill()

    def first_result(self) -> dict[str, Any]:
        """Reset over the WebSocket, or over HTTP where that does not open."""
        try:
            _ = self.dialect
        except ProbeError:
            return self._server.web.post("/reset", {}).object()
        with self.session() as session:
            return session.expect("reset", "observation", {}).data
