"""The server under test, and what is worth asking it only once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from openenv.project.project import Project
from openenv.protocol import Dialect
from openenv.validation.check import NotChecked, ProbeError
from openenv.validation.json_schema import schema_problem
from openenv.validation.play.effort import DEFAULT, Effort
from openenv.validation.play.plays import Play
from openenv.validation.play.served import ServedArena
from openenv.validation.remembered import remembered
from openenv.validation.schemas import Schemas
from openenv.validation.serving.web import Web
from openenv.validation.serving.wire import Session, connected, resumed, v1_session, v2_session

_LONGEST_HEALTH_S = 10.0


class Server:
    """A server at work.

    Args:
        base_url: Where it is.
        timeout_s: The longest wait for an answer, in seconds.
        headers: What it asks for of whoever speaks to it, if anything.
        ours: Whether it was started here, from a project.
        effort: How much is played.
        project: The project that it was started from, if any.
        pid: Its process, if that is known.
    """

    def __init__(
        self,
        base_url: str,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        *,
        ours: bool = False,
        effort: Effort = DEFAULT,
        project: Project | None = None,
        pid: int | None = None,
    ) -> None:
        self.base_url = base_url
        self.timeout_s = timeout_s
        self.ours = ours
        self.web = Web(base_url, timeout_s, headers)
        self.play = Play(ServedArena(self, effort, project, pid))
        self.web.reset_options = self.play.arena.claims.reset
        self._headers = headers

    @remembered
    def dialect(self) -> Dialect:
        """The newest dialect that it speaks; raises ``ProbeError`` where ``/ws`` does not open."""
        with connected(self.base_url, self.timeout_s, self._headers, offer=True) as socket:
            return socket.dialect

    @remembered
    def schemas(self) -> Schemas:
        """What it says that it takes and gives, or ``NotChecked`` where that is of no use (H009)."""
        try:
            said = self.web.get("/schema").object()
        except ProbeError as error:
            raise NotChecked(f"{error} (H009)") from None
        said.setdefault("reset_observation", said.get("observation"))
        for name in ("action", "observation", "state", "reset_observation"):
            problem = schema_problem(said.get(name))
            if problem is not None:
                raise NotChecked(f"the schema of {name} cannot be used (H009)")
        return Schemas(said["action"], said["observation"], said["state"], said["reset_observation"])

    @remembered
    def max_sessions(self) -> int | None:
        """How many sessions it takes; ``None`` where it does not say, as servers of openenv 0.10 do not."""
        try:
            said = self.web.get("/ready").json()  # with 503 where all of them are taken
        except ProbeError:
            return None
        most = said.get("max_sessions") if isinstance(said, dict) else None
        return most if isinstance(most, int) else None

    def silent(self) -> bool:
        """Whether it does not even say how it is: it is gone, or blocked."""
        try:
            Web(self.base_url, min(self.timeout_s, _LONGEST_HEALTH_S), self._headers).get("/health")
        except ProbeError:
            return True
        return False

    def action(self) -> object:
        """Give an action that the environment has understood, or raise ``NotChecked`` where there was none."""
        recording = self.play.recording
        recording.require_rewards()
        understood = recording.understood
        if understood:
            return understood[0].action
        if any(turn.trouble for turn in recording.turns):
            raise NotChecked("no step was answered (B002)")
        raise NotChecked(f"no action could be made from the schema: {recording.no_action or 'each one was refused'}")

    def v1(self) -> AbstractContextManager[Session]:
        """Open a session in the deployed dialect."""
        return self._prepared(v1_session(self.base_url, self.timeout_s, self._headers))

    def v2(self, **options: float) -> AbstractContextManager[Session]:
        """Open a session in ``openenv.v2``; takes ``wait_s``, the longest wait for a slot, in seconds."""
        return self._prepared(v2_session(self.base_url, self.timeout_s, self._headers, **options))

    def resumed(self, lost: Session) -> AbstractContextManager[Session]:
        """Take a session of ``openenv.v2`` up again whose connection is lost."""
        return self._prepared(resumed(self.base_url, self.timeout_s, self._headers, lost))

    @contextmanager
    def _prepared(self, opened: AbstractContextManager[Session]) -> Iterator[Session]:
        with opened as session:
            session.reset_options = self.play.arena.claims.reset
            yield session

    def session(self) -> AbstractContextManager[Session]:
        """Open a session in the newest dialect that the server speaks."""
        return self.v2() if self.dialect is Dialect.V2 else self.v1()
