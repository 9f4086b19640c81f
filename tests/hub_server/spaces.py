"""All Spaces at work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .accounts import Accounts
from .builds import Acted, Builder, Plan
from .front_matter import front_matter
from .host import Host
from .problems import Problem, no_repository
from .repository import Repository
from .space import UP, Space
from .storage import Storage

_APP_FILES = {"docker": "Dockerfile", "gradio": "app.py", "static": "index.html"}
_TWO_DAYS_S = 48 * 3600


class Spaces:
    """What became of each Space.

    Args:
        storage: Has what was pushed.
        accounts: Know who a visitor is.
        builder_for: Makes what builds a Space that nothing is planned for, given its id.
    """

    def __init__(self, storage: Storage, accounts: Accounts, builder_for: Callable[[str], Builder]) -> None:
        self._plans: dict[str, Plan] = {}
        self._storage = storage
        self._accounts = accounts
        self._builder_for = builder_for
        self._spaces: dict[str, Space] = {}

    def of(self, repository: Repository) -> Space:
        """A Space at work."""
        if repository.id not in self._spaces:
            host = Host(lambda token: self._server_for(repository, token))
            plan = self._plans.get(repository.id)
            builder = self._builder_for(repository.id) if plan is None else Acted(plan)
            self._spaces[repository.id] = Space(builder, host)
        return self._spaces[repository.id]

    def find(self, repo_id: str) -> Repository:
        """A Space by its id.

        Raises:
            Problem: There is none.
        """
        repository = self._storage.find("space", repo_id)
        if repository is None:
            raise no_repository(anonymous=False)
        return repository

    def release(self, repo_id: str) -> None:
        """Let a build, or a start, go on that stays where it is."""
        builder = self.of(self.find(repo_id)).builder
        assert isinstance(builder, Acted), "this Hub really builds its Spaces"
        builder.released.set()

    def set_stage(self, repo_id: str, stage: str, message: str | None = None) -> None:
        """Have a Space be at another stage."""
        self.of(self.find(repo_id)).enter(stage, message)

    def plan(self, repo_id: str, plan: Plan) -> None:
        """Have the builds of a Space, and its starts, go another way from now on."""
        self._plans[repo_id] = plan
        if repo_id in self._spaces:
            self._spaces[repo_id].builder = Acted(plan)

    def build(self, repository: Repository) -> None:
        """Build the newest commit, and run it."""
        space, commit = self.of(repository), repository.commit()
        app_file = _APP_FILES[repository.sdk or "docker"]
        problem = self._misconfigured(repository)
        if problem:
            space.enter("CONFIG_ERROR", problem)
        elif app_file not in commit.files:
            space.enter("NO_APP_FILE")
        else:
            folder = self._folder(repository, commit.oid)
            self._storage.check_out(commit.files, folder)
            space.deploy(commit.oid, folder, self._variables(repository))

    def restart(self, repository: Repository, *, again: bool = False) -> None:
        """Start a Space again, from what was built; or build it again."""
        space = self.of(repository)
        if again or space.deployed is None or space.stage == "BUILD_ERROR":
            self.build(repository)
        else:
            space.restart(self._folder(repository, space.deployed), self._variables(repository))

    def changed(self, repository: Repository) -> None:
        """Start a Space again that runs with variables, secrets or hardware of before."""
        if self.of(repository).stage in UP:
            self.restart(repository)

    def runtime(self, repository: Repository) -> dict[str, Any]:
        """What the Hub says of a Space at work."""
        space, hardware = self.of(repository), repository.hardware
        basic = hardware.flavor == "cpu-basic"
        said: dict[str, Any] = {
            "stage": space.stage,
            "hardware": {"current": hardware.flavor if space.stage in UP else None, "requested": hardware.flavor},
            "storage": None,
            "gcTimeout": _TWO_DAYS_S if basic else hardware.sleep_time,
            "replicas": {"requested": 1, **({"current": 1} if space.stage in UP else {})},
            "devMode": False,
            "domains": [{"domain": space.host.url.removeprefix("http://"), "stage": "READY"}],
        }
        if space.deployed:
            said["sha"] = space.deployed
        if space.message:
            said["errorMessage"] = space.message
        return said

    async def forget(self, repo_id: str) -> None:
        """Stop a Space that is deleted."""
        if repo_id in self._spaces:
            await self._spaces.pop(repo_id).close()

    async def close(self) -> None:
        """Stop all of them."""
        for repo_id in list(self._spaces):
            await self.forget(repo_id)

    def _server_for(self, repository: Repository, authorization: str | None) -> str:
        """Let a visitor through to the server of a Space; whoever finds it asleep wakes it."""
        if repository.private:
            identity = self._accounts.identity(authorization)
            if identity is None or not identity.belongs_to(repository.owner):
                raise Problem(404, "Sorry, we can't find the page you are looking for.")
        space = self.of(repository)
        if space.stage == "SLEEPING":
            self.restart(repository)
        if space.stage not in UP:
            raise Problem(503, f"Your space is {space.stage.lower()}")
        if space.server is None:
            raise Problem(502, "nothing stands behind this Space: its run is only acted")
        return space.server

    def _misconfigured(self, repository: Repository) -> str | None:
        files = repository.commit().files
        if "README.md" not in files:
            return "Missing configuration in README"
        readme = self._storage.content(files["README.md"].sha256).read_text(encoding="utf-8")
        try:
            values = front_matter(readme)
        except ValueError as error:
            return str(error)
        return None if values and values.get("sdk") else "Missing configuration in README"

    def _variables(self, repository: Repository) -> dict[str, str]:
        settings = {**repository.variables, **repository.secrets}
        host = self.of(repository).host.url.removeprefix("http://")
        told = {"SPACE_ID": repository.id, "SPACE_AUTHOR_NAME": repository.owner, "SPACE_HOST": host}
        return {**told, **{key: setting.value for key, setting in settings.items()}}

    def _folder(self, repository: Repository, commit: str) -> Path:
        return self._storage.folder / "spaces" / repository.owner / repository.name / commit
