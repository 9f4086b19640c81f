"""Episodes in this process: the sessions of a server, without a socket."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from pydantic import TypeAdapter

from openenv.errors import ConfigurationError, OpenEnvError
from openenv.project.manifest import ManifestError
from openenv.project.project import Project
from openenv.protocol import Dialect
from openenv.protocol.faults import error_body
from openenv.protocol.frames import FrameDecoder, Reply, reply_frame
from openenv.server.settings import ServerSettings
from openenv.sessions.blueprint import blueprint_of, traits_of
from openenv.sessions.service import SessionService
from openenv.sessions.session import Session
from openenv.sessions.store import Phase
from openenv.validation.check import NotChecked
from openenv.validation.play.arena import Arena
from openenv.validation.play.effort import Effort
from openenv.validation.remembered import remembered
from openenv.validation.schemas import Schemas
from openenv.validation.serving.wire import FULL, Frame, Player, frame_of, refused, unanswered

T = TypeVar("T")

_FOREVER_S = 1e6
_LONGEST_CLOSE_S = 10.0


class DirectArena(Arena):
    """Plays an environment in this process, each session in a thread of its own.

    Args:
        environment: The environment's class, or a callable that makes one.
        effort: How much is played.
        timeout_s: The longest wait for an answer, in seconds.
    """

    def __init__(self, environment: Callable[[], Any], effort: Effort, timeout_s: float) -> None:
        self._environment = environment
        self._blueprint = blueprint_of(environment)
        super().__init__(effort, timeout_s, project_of(self._blueprint.environment_type), os.getpid())
        close_s = min(timeout_s, _LONGEST_CLOSE_S)
        settings = ServerSettings(isolation="thread", idle_timeout_s=_FOREVER_S, close_timeout_s=close_s)
        self._service = SessionService(self._blueprint, settings.for_service(self._blueprint), verbose_always=True)
        self._loop = asyncio.new_event_loop()
        # A daemon: an environment that never returns must not keep the process from ending.
        self._thread = threading.Thread(target=self._loop.run_forever, name="openenv-arena", daemon=True)
        self._thread.start()
        # What an environment raises is told as a finding: nobody needs it once more in the log.
        self._log = logging.getLogger("openenv.sessions")
        self._log.addFilter(self._is_elsewhere)
        self._decoders = {dialect: FrameDecoder(dialect, self._blueprint.action_type) for dialect in Dialect}

    @property
    def dialect(self) -> Dialect:
        """v2, as every server of ours."""
        return Dialect.V2

    @remembered
    def schemas(self) -> Schemas:
        """Those of the environment's models."""
        blueprint = self._blueprint
        models = (blueprint.action_type, blueprint.observation_type, blueprint.state_type, blueprint.observation_type)
        return Schemas(*(TypeAdapter(model).json_schema() for model in models))

    @property
    def seedable(self) -> bool | None:
        """Whether the method takes one."""
        kind = self._blueprint.environment_type
        return None if kind is None else traits_of(kind).seedable

    @contextmanager
    def session(self, dialect: Dialect | None = None) -> Iterator[Player]:
        """Open a session; its environment is closed afterwards."""
        dialect = dialect or self.dialect
        try:
            session = self._run(self._service.open(Phase.ATTACHED, dialect=dialect, verbose=True), self.timeout_s)
        except OpenEnvError as error:
            if error.code == FULL:
                raise NotChecked(f"it plays one session at a time: {error.message}") from None
            reply = reply_frame(Reply("error", error_body(error)), Dialect.V1)
            raise refused("open", frame_of(reply, "open")) from None
        try:
            player = Player(_Line(self._loop, session, self._decoders[dialect], dialect, self.timeout_s), dialect)
            player.reset_options = self.claims.reset
            yield player
        finally:
            self._run(self._service.finish(session, "closed"))

    @contextmanager
    def anew(self, timeout_s: float) -> Iterator[Arena]:
        """Play in sessions of another service: those of this one may be stuck."""
        arena = DirectArena(self._environment, self.effort, timeout_s)
        try:
            yield arena
        finally:
            arena.close()

    def first_result(self) -> dict[str, Any]:
        """Reset once."""
        with self.session() as session:
            return session.expect("reset", "observation", {}).data

    def close(self) -> None:
        """End all sessions and the loop they are in."""
        self._run(self._service.shut_down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._log.removeFilter(self._is_elsewhere)

    def _is_elsewhere(self, record: logging.LogRecord) -> bool:
        return record.thread != self._thread.ident

    def _run(self, coroutine: Coroutine[Any, Any, T], limit_s: float | None = None) -> T:
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(limit_s)
        except Late:
            future.cancel()
            raise unanswered({"type": "open"}, self.timeout_s) from None


class _Line:
    """Carries the requests of one session into its loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        session: Session,
        decoder: FrameDecoder,
        dialect: Dialect,
        timeout_s: float,
    ) -> None:
        self._loop = loop
        self._session = session
        self._decoder = decoder
        self._dialect = dialect
        self._timeout_s = timeout_s
        self._replies: SimpleQueue[str] = SimpleQueue()

    def ask(self, content: Any) -> Frame:
        request = self._decoder.decode(json.dumps(content))
        self._loop.call_soon_threadsafe(self._session.submit, request, self._deliver)
        try:
            return frame_of(self._replies.get(timeout=self._timeout_s), content)
        except Empty:
            raise unanswered(content, self._timeout_s) from None

    def _deliver(self, reply: Reply, number: int | str | None) -> None:
        self._replies.put(reply_frame(reply, self._dialect, number))


def project_of(environment: type | None) -> Project | None:
    """Find the project that an environment's class belongs to, if any.

    Raises:
        ManifestError: The project's manifest is broken.
    """
    source = None if environment is None else inspect.getsourcefile(environment)
    try:
        return None if source is None else Project.find(source)
    except ManifestError:
        raise
    except ConfigurationError:  # it belongs to none
        return None
