"""What the checks of one validation look at, each thing made when the first check asks for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from openenv.discovery.target import ImageTarget, ProjectTarget, UrlTarget
from openenv.errors import ConnectError, UnauthorizedError
from openenv.protocol import Dialect
from openenv.providers.docker import DockerProvider
from openenv.validation.causes import explain
from openenv.validation.check import AT_WORK, V1_ONLY, Check, Finding, NotChecked, ProbeError, Stage, TimeUp
from openenv.validation.files.imports import Imports
from openenv.validation.files.sources import Sources
from openenv.validation.files.wheel import Wheel
from openenv.validation.play.effort import DEFAULT, QUICK, Effort
from openenv.validation.play.plays import Play
from openenv.validation.play.recording import Recording
from openenv.validation.play.replay import Replay
from openenv.validation.play.snippet import snippet
from openenv.validation.remembered import remembered
from openenv.validation.serving.launch import Exit, Launch, LaunchError
from openenv.validation.serving.server import Server
from openenv.validation.serving.slots import Slots
from openenv.validation.target import ClassTarget, Target

if TYPE_CHECKING:
    from openenv.validation.play.direct import DirectArena


class Context:
    """The target of a validation, from every side that checks look at it.

    Args:
        target: What is validated.
        timeout_s: The longest wait for one answer, in seconds.
        static: Whether nothing may be run.
        api_key: The key that a server by URL asks for, if any.
        token: The token of the Hub that a private Space asks for, if any.
        effort: How much is played.
    """

    def __init__(
        self,
        target: Target,
        timeout_s: float,
        *,
        static: bool = False,
        api_key: str | None = None,
        token: str | None = None,
        effort: Effort = DEFAULT,
    ) -> None:
        self._target = target
        self._effort = effort
        self._begun = time.monotonic()
        self._timeout_s = timeout_s
        self._static = static
        self._api_key = api_key
        secrets = {"X-OpenEnv-Key": api_key, "Authorization": token and f"Bearer {token}"}
        self._headers = {name: secret for name, secret in secrets.items() if secret}
        self._launched: Launch | None = None
        self._slots: Slots | None = None
        self._direct: DirectArena | None = None
        self._silence: str | None = None
        self._provider = DockerProvider(target.image) if isinstance(target, ImageTarget) else None

    def absence(self, stage: Stage) -> str | None:
        """Say why there is nothing that the checks of a stage could look at, or ``None`` where there is."""
        if isinstance(self._target, ClassTarget) and stage not in (Stage.RECORDING, Stage.PLAY):
            return "the target is a class: there is no project and no server"
        if not isinstance(self._target, ProjectTarget) and stage not in AT_WORK:
            kind = "a URL" if isinstance(self._target, UrlTarget) else "an image"
            return f"the target is {kind}: there is no project"
        if self._static and stage is not Stage.SOURCES:
            return "--static: nothing is run"
        if self._effort is QUICK and stage is Stage.SLOTS:
            return "--quick: no second server is started"
        return None

    def subject(self, check: Check) -> Any:
        """Return what a check looks at, or raise ``NotChecked`` where that cannot be had."""
        if check.stage in AT_WORK and self._launched is not None:
            self._launched.require_alive()
        if check.stage in (*AT_WORK, Stage.EXIT) and self._silence is not None:
            raise NotChecked(self._silence)
        self._require_time(check.stage)
        if check.v2:
            self._require_v2()
        return getattr(self, check.stage.value)

    def reach(self) -> None:
        """Make sure that a server that is no project's is there at all, lets us in, and is one of ours.

        Raises:
            ConnectError: It is not there, or something else is; or the image cannot be started.
            UnauthorizedError: It asks for a key.
        """
        if isinstance(self._target, (ProjectTarget, ClassTarget)):
            return
        try:
            reply = self.server.web.get("/schema")
        except ProbeError as error:
            hint = "start it, with openenv serve for example"
            raise ConnectError(f"no server answers at {self._target}: {error}", hint=hint) from None
        if reply.status in (401, 403):
            hint = "set OPENENV_API_KEY to the key that it was started with"
            raise UnauthorizedError(f"{self._target} lets nobody in without its key: {reply}", hint=hint)
        if reply.says("action"):
            return
        try:
            _ = self.server.dialect
        except ProbeError as error:
            found = f"GET /schema answered {reply.status} {reply.media_type}, and {error}"
            hint = "give the address that openenv serve prints"
            raise ConnectError(f"{self._target} is no OpenEnv server: {found}", hint=hint) from None

    def close(self) -> None:
        """Stop what was started."""
        if self._launched is not None:
            self._launched.stop()
        if self._slots is not None:
            self._slots.close()
        if self._provider is not None:
            self._provider.stop()
        if self._direct is not None:
            self._direct.close()

    def take_note(self, check: Check, findings: Sequence[Finding]) -> None:
        """See after a failure whether the server is still there: of one that is gone or blocked nothing more is asked.

        Args:
            check: What has failed.
            findings: What it found.
        """
        if not findings or check.stage not in AT_WORK or isinstance(self._target, ClassTarget):
            return
        if self._launched is not None and any(finding.lost for finding in findings):
            self._launched.linger()  # one that hung up is given the time to be gone
        gone = self._launched is not None and self._launched.death is not None
        if not gone and self._silence is None and self.server.silent():
            self._silence = f"the server answers nothing any more since {check.id}"

    def explain(self, finding: Finding) -> Finding:
        """Add to a finding what is behind it; how the server ended is known for certain after ``close``."""
        if finding.replay is not None:
            finding = replace(finding, replay=self._told(finding.replay))
        root = self._target.root if isinstance(self._target, (ProjectTarget, ClassTarget)) else None
        if root is None:
            return finding
        return explain(finding, root, self._launched.death if self._launched else None)

    def _told(self, replay: Replay) -> Replay:
        key = self._api_key is not None
        scripts = tuple(script.with_options(self.play.arena.claims.reset) for script in replay.scripts)
        return replace(replay, snippet=snippet(self._target, scripts, replay.dialect, key=key))

    @remembered
    def sources(self) -> Sources:
        """The project's files."""
        assert isinstance(self._target, ProjectTarget)
        return Sources(self._target.root)

    @remembered
    def wheel(self) -> Wheel:
        """What the project is installed from."""
        return Wheel(self.sources, self._timeout_s)

    @remembered
    def imports(self) -> Imports:
        """The project's modules."""
        return Imports(self.sources.project, self._timeout_s)

    @remembered
    def launch(self) -> Launch:
        """The project's server, not started yet."""
        self._launched = Launch(self.sources.project, self._timeout_s)
        return self._launched

    @remembered
    def server(self) -> Server:
        """The server at work."""
        if isinstance(self._target, UrlTarget):
            return Server(self._target.url, self._timeout_s, self._headers, effort=self._effort)
        if self._provider is not None:
            return Server(self._provider.start(), self._timeout_s, self._headers, effort=self._effort)
        project = self.sources.project
        try:
            url = self.launch.base_url
            return Server(url, self._timeout_s, ours=True, effort=self._effort, project=project, pid=self.launch.pid)
        except LaunchError as error:
            raise NotChecked(f"the server does not start: {error} (H003)") from None

    @remembered
    def recording(self) -> Recording:
        """Episodes with plain actions."""
        return self.play.recording

    @remembered
    def play(self) -> Play:
        """Episodes on the server, or, of a class, in this process."""
        play = self._play()
        play.arena.ends_s = self._begun + self._effort.in_all
        return play

    def _play(self) -> Play:
        if not isinstance(self._target, ClassTarget):
            _ = self.server.max_sessions  # which it may not be able to tell any more once it was played with
            return self.server.play
        from openenv.validation.play.direct import DirectArena  # which brings all of the sessions

        self._direct = DirectArena(self._target.environment, self._effort, self._timeout_s)
        return Play(self._direct)

    @remembered
    def slots(self) -> Slots:
        """The slots of a second server, not started yet."""
        most = self.server.max_sessions
        if most is None:
            raise NotChecked("/ready does not say how many sessions there may be")
        self._slots = Slots(self.sources.project, self._timeout_s, most, self.server.play)
        return self._slots

    @remembered
    def exit(self) -> Exit:
        """How the server ended."""
        _ = self.server  # which has to have been started
        return self.launch.exit

    def _require_time(self, stage: Stage) -> None:
        """Raise ``TimeUp`` where the time for everything is up: what was recorded may still be looked at.

        Single requests leave the time that playing may take.
        """
        all_s, playing_s = self._effort.in_all, self._effort.seconds
        left_s = all_s - (time.monotonic() - self._begun)
        if stage is Stage.SERVER and left_s < playing_s:
            raise TimeUp(f"the {all_s - playing_s:g} s for single requests were over")
        if stage not in (Stage.RECORDING, Stage.PLAY, Stage.EXIT) and left_s < 0:
            raise TimeUp(f"the {all_s:g} s for all of it were over")

    def _require_v2(self) -> None:
        try:
            dialect = self.server.dialect
        except ProbeError:
            return  # what /ws speaks is unknown; that it does not open is a finding of its own
        if dialect is Dialect.V1:
            raise NotChecked(V1_ONLY)
