"""How Spaces are really built and run: in a virtual environment and a process of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from openenv.errors import OpenEnvError
from openenv.project.project import Project
from openenv.providers.patience import Patience
from openenv.providers.process import ProcessProvider
from openenv.providers.virtual_env import VirtualEnv

from .builds import Failed
from .log import Log


class Installed:
    """A builder that installs what was pushed, and serves it.

    Args:
        name: The Space's id, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._patience = Patience()
        self._installed: VirtualEnv | None = None
        self._server: ProcessProvider | None = None

    async def build(self, folder: Path, log: Log) -> None:
        """Install the project and the runtime that it brings."""
        log.write("--> Installing what the project needs")
        self._patience = patience = Patience()
        try:
            self._installed = await asyncio.to_thread(VirtualEnv.of, folder, self._name, patience)
        except OpenEnvError as error:
            log.write(error.data.get("log") or str(error))
            raise Failed("Job failed with exit code: 1") from error
        finally:
            patience.lose()  # a push that replaces this one does not wait for it
        log.write("--> Installed " + ", ".join(sorted(self._installed.distributions)))

    async def start(self, folder: Path, variables: Mapping[str, str], log: Log) -> str | None:
        """Serve the project, with the Space's variables and secrets and nobody else's."""
        assert self._installed is not None
        try:
            project = Project.read(self._installed.project)
            self._server = server = ProcessProvider(
                project.app, app_dir=project.import_path, python=self._installed.python, env_vars=variables
            )
            url = await asyncio.to_thread(server.start)
        except OpenEnvError as error:
            log.write(str(error))
            raise Failed("Exit code: 1. Reason: the application does not start") from error
        log.write("\n".join(server.log))
        return url

    async def stop(self) -> None:
        """Stop the server."""
        server, self._server = self._server, None
        if server is not None:
            await asyncio.to_thread(server.stop)
