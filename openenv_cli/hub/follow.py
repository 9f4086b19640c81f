"""From a commit to a server that runs it: the stages of a Space, and the log of its build."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from openenv.hub.errors import HubError, HubRateLimitError, HubUnavailableError
from openenv.hub.repo_id import RepoId
from openenv.hub.space import ASLEEP, Space, SpaceNotRunningError
from openenv_cli.errors import CommandError
from openenv_cli.hub.client import Client
from openenv_cli.hub.events import Doing, LogLine, OnEvent, Remark

if TYPE_CHECKING:
    from huggingface_hub import SpaceRuntime

Which = Literal["build", "run"]
"""Of what a log is: of the build, or of the server."""

_UP = ("RUNNING", ASLEEP)
_MEANS = {
    "BUILD_ERROR": ("its build failed", "mend what the log says, then push again; openenv build tries it here"),
    "RUNTIME_ERROR": (
        "its server ended",
        "mend what the log says, then push again; openenv serve --docker tries it here",
    ),
    "CONFIG_ERROR": ("the Hub cannot read its README", "look at the front matter of README.md"),
    "NO_APP_FILE": ("the Hub finds no Dockerfile in it", "push again"),
    "PAUSED": ("it is paused", "restart it on its page: the files are there"),
    "STOPPED": ("it is stopped", "restart it on its page: the files are there"),
    "DELETING": ("it is being deleted", "push again once it is gone"),
}
_LOGS: dict[str, Which] = {"BUILD_ERROR": "build", "RUNTIME_ERROR": "run"}
_LAST_LINES = 30
_SETTLED_S = 5.0
"""How long the Hub may take to notice a commit."""

_SILENCE_S = 60.0
"""How long the Hub may give no answer while a Space is waited for, in seconds."""

_FIRST_PAUSE_S, _GROWTH, _LONGEST_PAUSE_S = 0.2, 1.5, 3.0


class DeployError(CommandError):
    """The files are there, and the Space does not run them.

    Args:
        repo_id: The Space.
        stage: Where it stands.
        what: What is wrong.
        hint: What to do about it.
        log: The end of what its build, or its server, printed.
    """

    def __init__(self, repo_id: RepoId, stage: str, what: str, hint: str, log: Sequence[str] = ()) -> None:
        data = {"repo_id": str(repo_id), "stage": stage, "log": list(log)}
        super().__init__(f"pushed, but not deployed: {repo_id}: {what} ({stage})", data, hint=hint)
        self.log = tuple(log)


@dataclass(frozen=True)
class Before:
    """How a Space was before a push.

    Attributes:
        commit: The commit that its files were at.
        stage: Where it stood.
    """

    commit: str
    stage: str | None


class Follower:
    """Waits for a Space.

    Args:
        client: The Hub.
        repo_id: The Space.
        timeout_s: How long it may take to run, in seconds.
        on_event: Is told its stages and the lines of its build.
        pause: Waits so many seconds.
    """

    def __init__(
        self,
        client: Client,
        repo_id: RepoId,
        timeout_s: float,
        on_event: OnEvent,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._repo_id = repo_id
        self._timeout_s = timeout_s
        self._on_event = on_event
        self._pause = pause
        self._begun = time.monotonic()
        self._stage = ""
        self._message: str | None = None
        self._told: list[str] = []
        self._log_is_readable = True

    def follow(self, commit: str, before: Before | None) -> Space:
        """Wait until a commit runs and its server is healthy.

        Args:
            commit: The commit.
            before: How the Space was before something was changed for which the Hub builds or restarts it;
                ``None`` where nothing was.

        Returns:
            The Space.

        Raises:
            DeployError: It does not get to run, or not in time.
            HubError: The Hub does not say how it is doing.
        """
        seconds, settled = _FIRST_PAUSE_S, before is None
        while True:
            deployed = self._look()
            # The Hub may take a moment to notice: until then it tells how the Space was before.
            settled = settled or (before is not None and self._differs(before, commit, deployed))
            if settled and self._stage in _MEANS:
                raise self._failure()
            if settled and self._stage in _UP and deployed in (None, commit):
                return self._healthy()
            if self._elapsed() > self._timeout_s:
                raise self._too_late()
            self._pause(seconds)
            seconds = min(seconds * _GROWTH, _LONGEST_PAUSE_S)

    def _look(self) -> str | None:
        """Ask where it stands, and which commit runs there; tell what is new."""
        runtime = self._runtime()
        if runtime.stage != self._stage:
            self._stage = str(runtime.stage)
            self._on_event(Doing(self._stage))
        if self._stage.endswith("BUILDING"):
            self._tell_log()
        self._message = runtime.raw.get("errorMessage")
        return runtime.raw.get("sha")

    def _runtime(self) -> SpaceRuntime:
        """Ask where it stands; a build goes on while the Hub does not answer for a moment, so it is asked again."""
        seconds, until = _FIRST_PAUSE_S, self._elapsed() + min(_SILENCE_S, self._timeout_s)
        while True:
            try:
                return self._client.ask(self._repo_id, lambda api: api.get_space_runtime(str(self._repo_id)))
            except HubUnavailableError as error:
                if isinstance(error, HubRateLimitError) or self._elapsed() > until:
                    raise
                self._on_event(Remark(f"{error.message}: asking again"))
            self._pause(seconds)
            seconds = min(seconds * _GROWTH, _LONGEST_PAUSE_S)

    def _differs(self, before: Before, commit: str, deployed: str | None) -> bool:
        is_new = deployed == commit != before.commit
        return is_new or self._stage != before.stage or self._elapsed() > _SETTLED_S

    def _healthy(self) -> Space:
        space = Space.find(self._repo_id, token=self._client.token)
        left_s = max(0.0, self._timeout_s - self._elapsed())
        try:
            space.wait_until_up(
                left_s, lambda stage: self._on_event(Doing(f"{stage}, waiting for its server")), self._wait
            )
        except SpaceNotRunningError as error:
            stage = str(error.data["stage"])
            hint = "its page has the log of its server; openenv serve --docker tries it here"
            raise DeployError(
                self._repo_id, stage, "its server does not answer", hint, self._log("run")[-_LAST_LINES:]
            ) from error
        return space

    def _wait(self, seconds: float) -> bool:
        self._pause(seconds)
        return False

    def _failure(self) -> DeployError:
        what, hint = _MEANS[self._stage]
        which = _LOGS.get(self._stage)
        message = f"{what}: {self._message}" if self._message else what
        return DeployError(self._repo_id, self._stage, message, hint, self._log(which)[-_LAST_LINES:] if which else ())

    def _too_late(self) -> DeployError:
        what = f"it does not run after {self._timeout_s:g} s"
        hint = "its page shows how it is doing; the same command waits on"
        return DeployError(self._repo_id, self._stage, what, hint, self._told[-_LAST_LINES:])

    def _tell_log(self) -> None:
        """Tell the lines of the build that were not told yet; each time the Hub sends all of them."""
        lines = self._log("build")
        if not lines:
            return
        if lines[: len(self._told)] != self._told:
            self._told = []  # another build has begun
        for line in lines[len(self._told) :]:
            self._on_event(LogLine(line))
        self._told = lines

    def _log(self, which: Which) -> list[str]:
        if not self._log_is_readable:
            return []
        try:
            pieces = self._client.ask(
                self._repo_id, lambda api: list(api.fetch_space_logs(str(self._repo_id), build=which == "build"))
            )
        except HubUnavailableError:
            return []  # it is read again at the next look
        except HubError as error:
            self._log_is_readable = False
            self._on_event(Remark(f"its log cannot be read: {error.message}"))
            return []
        return [line.rstrip() for piece in pieces for line in piece.splitlines() if line.strip()]

    def _elapsed(self) -> float:
        return time.monotonic() - self._begun
