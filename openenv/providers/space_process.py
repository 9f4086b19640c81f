"""Runs the files of a Space on this machine, in a process and a virtual environment of their own."""

from __future__ import annotations

import logging
from typing import Any

from openenv.hub.download import download
from openenv.hub.repo_id import RepoId
from openenv.project.project import Project
from openenv.providers.patience import Patience
from openenv.providers.process import ProcessProvider, require_posix
from openenv.providers.virtual_env import VirtualEnv

logger = logging.getLogger("openenv.providers")


class SpaceProcessProvider:
    """Fetches a revision of a Space, installs what it needs, once, and serves it.

    Its code runs as the user who runs this process, who should trust it: only a container keeps it apart.

    Args:
        repo_id: The Space, as ``owner/name``.
        revision: A branch, a tag or a commit; the newest commit where left out.
        token: Who is asking; ``HF_TOKEN`` or what ``hf auth login`` has kept where left out.
        **options: Options of :class:`ProcessProvider`: ``env_vars``, ``startup_timeout_s``, ``stop_timeout_s``.

    Raises:
        RepoIdError: That is not the name of a Space.
    """

    def __init__(self, repo_id: str, *, revision: str | None = None, token: str | None = None, **options: Any) -> None:
        self.repo_id = RepoId.parse(repo_id)
        self.revision: str | None = None
        self._asked = revision
        self._token = token
        self._process = ProcessProvider("", **options)
        self._env_vars = self._process.env_vars
        self._patience = Patience()

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines that the last server printed."""
        return self._process.log

    @property
    def exit_code(self) -> int | None:
        """How the last server ended; ``None`` while it runs, or where none was started."""
        return self._process.exit_code

    def start(self) -> str:
        """Fetch, install and serve it.

        Returns:
            Its base URL.

        Raises:
            HubError: There is no such Space or revision, or it cannot be had.
            ConfigurationError: What is there is no environment.
            VirtualEnvError: What it needs cannot be installed.
            ServerStartError: The server ended, or was not healthy in time.
        """
        require_posix()
        self._patience = patience = Patience()
        found = download(self.repo_id, self._asked, self._token)
        self.revision = found.commit
        patience.check()
        installed = VirtualEnv.of(found.folder, f"{self.repo_id} at {found.commit[:12]}", patience)
        project = Project.read(installed.project)
        logger.info("%s: serving %s here", self.repo_id, found.commit)
        server = self._process
        server.app, server.app_dir, server.python = project.app, project.import_path, installed.python
        server.env_vars = {**project.manifest.variables, **self._env_vars}
        return server.start()

    def stop(self) -> None:
        """Stop the server, or what is being done to start it."""
        self._patience.lose()
        self._process.stop()
