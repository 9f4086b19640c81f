"""Opens, resumes and ends sessions: the store's rules on a real event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from openenv.errors import (
    DeadlineError,
    OpenEnvError,
    ServerDrainingError,
    SessionCapacityError,
    SessionExpiredError,
    SessionNotFoundError,
)
from openenv.protocol import Dialect
from openenv.protocol.ledger import Ledger, NamedLedger, NumberedLedger, SerialLedger
from openenv.sessions.blueprint import Blueprint
from openenv.sessions.endings import Endings
from openenv.sessions.host import EnvironmentHost
from openenv.sessions.process import ProcessRunner, WorkerPool
from openenv.sessions.runners import InlineRunner, Mailbox, Runner, ThreadRunner
from openenv.sessions.session import Deadlines, Session, log_unmade, opened
from openenv.sessions.store import Lease, Limits, Phase, SessionStore
from openenv.sessions.throw_away import ThrowAway

logger = logging.getLogger("openenv.sessions")

Place = Literal["inline", "thread", "process"]
"""Where environments run."""

_TOO_LATE = "timeout"
"""Why a session ends whose environment did not return in time."""

_LEDGERS: dict[Phase, Callable[[], Ledger]] = {Phase.ATTACHED: NumberedLedger, Phase.UNATTACHED: NamedLedger}


@dataclass(frozen=True)
class ServiceSettings:
    """How sessions are run.

    Attributes:
        place: Where environments run.
        limits: How many there may be and how long each may idle.
        deadlines: How long they may take.
        memory_limit_mb: How much memory an environment's process may use, in MiB (``process`` only).
    """

    place: Place
    limits: Limits
    deadlines: Deadlines = field(default_factory=Deadlines)
    memory_limit_mb: int | None = None


class SessionService:
    """All sessions of one server.

    Made anywhere, used in one event loop.

    Args:
        blueprint: How to make an environment.
        settings: How to run it.
        verbose_always: Whether every client may read the text of foreign exceptions.
        clock: Returns the time in seconds.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        settings: ServiceSettings,
        *,
        verbose_always: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.blueprint = blueprint
        self.settings = settings
        self.store = SessionStore(settings.limits, clock)
        self.sessions: dict[str, Session] = {}
        self._verbose_always = verbose_always
        self._clock = clock
        self._mailbox: Mailbox | None = None
        self._workers = WorkerPool(blueprint, settings.memory_limit_mb)
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._endings = Endings(settings.deadlines.close_s, stoppable=settings.place != "thread")
        self.throw_away = ThrowAway(partial(self._runner, Dialect.V1), self.store, self._endings, settings.deadlines)
        self._emptied = asyncio.Event()
        self._shut = False

    @property
    def stuck(self) -> int:
        """How many environments do not return."""
        return self.store.stuck + self.throw_away.stuck

    @property
    def healthy(self) -> bool:
        """Whether anything can still be played: no kind of environment holds all its places without returning."""
        return max(self.store.stuck, self.throw_away.stuck) < self.settings.limits.max_sessions

    async def open(
        self,
        phase: Phase,
        *,
        dialect: Dialect = Dialect.V2,
        wait_s: float = 0.0,
        on_queued: Callable[[int], None] | None = None,
        verbose: bool = False,
    ) -> Session:
        """Open a session and make its environment.

        Args:
            phase: ``ATTACHED`` for a socket, ``UNATTACHED`` for HTTP.
            dialect: How its results are laid out.
            wait_s: How long to wait for a slot, in seconds.
            on_queued: Called with the place in the queue when it has to wait.
            verbose: Whether the text of foreign exceptions may be sent.

        Returns:
            The session.

        Raises:
            SessionCapacityError: There was no slot in time.
            ServerDrainingError: The server is shutting down.
            EnvironmentFactoryError: The environment could not be made.
            DeadlineError: Making it took too long.
        """
        lease = await self._slot(dialect, wait_s, on_queued)
        runner = self._runner(dialect, verbose, lease.id)
        ledger: Ledger = SerialLedger() if dialect is Dialect.V1 else _LEDGERS[phase]()
        session = Session(lease, self.store, runner, ledger, self.settings.deadlines, self.end)
        self.sessions[lease.id] = session
        try:
            await opened(runner, self.settings.deadlines.reset_s)
        except asyncio.CancelledError:
            self.end(session, "failed to open")
            raise
        except OpenEnvError as error:
            if session.ended is None:
                log_unmade(lease.id, error)
                # Who hears of it may come back at once: the slot is free then.
                await self.finish(session, _TOO_LATE if isinstance(error, DeadlineError) else "failed to open")
                raise
        if session.farewell is not None:
            raise session.farewell
        self.store.settle(lease, phase)
        self._arm()
        return session

    def find(self, session_id: str, token: str, *, http: bool) -> Session:
        """Find a session by its name and token.

        Args:
            session_id: Its name.
            token: The right to use it.
            http: Whether it is played over HTTP; one that is played over a socket is another kind.

        Returns:
            The session.

        Raises:
            SessionExpiredError: It has ended; ``data["reason"]`` says why.
            SessionNotFoundError: There is none, or the token is wrong.
        """
        lease = self.store.find(session_id, token)
        if (lease.phase is Phase.UNATTACHED) is not http:
            raise SessionNotFoundError(f"session {session_id} is played over {'a WebSocket' if http else 'HTTP'}")
        return self.sessions[lease.id]

    def attach(self, session: Session) -> None:
        """Note that a socket holds the session; the one that held it before is told."""
        session.leave()
        if session.supersede is not None:
            session.supersede()
        self.store.settle(session.lease, Phase.ATTACHED)
        self._arm()
        logger.info("session %s: resumed", session.id)

    def detach(self, session: Session) -> None:
        """Note that the session's socket is gone; the session is kept for a while."""
        session.leave()
        session.supersede = session.dismiss = None
        self.store.settle(session.lease, Phase.DETACHED)
        self._arm()
        logger.info("session %s: connection lost, kept for %g s", session.id, self.settings.limits.resume_window_s)

    def end(self, session: Session, reason: str, farewell: OpenEnvError | None = None) -> None:
        """End a session; its slot is free once its environment is closed. Does nothing the second time.

        Args:
            session: The session.
            reason: Why it ends.
            farewell: What whoever is connected is told.
        """
        if session.ended is not None:
            return
        session.stop(reason, farewell)
        self.store.end(session.lease, reason)
        stuck, gone = partial(self._stuck, session), partial(self._gone, session, reason)
        self._endings.begin(session.id, session.runner, late=reason == _TOO_LATE, stuck=stuck, gone=gone)

    async def finish(self, session: Session, reason: str) -> None:
        """End a session, and wait for its environment as long as closing may take."""
        self.end(session, reason)
        await self._endings.wait(session.id)

    async def drain(self, timeout_s: float, stop_now: Callable[[], bool] = lambda: False) -> None:
        """Shut down: episodes in progress may end, all other sessions are told to leave.

        Args:
            timeout_s: How long episodes in progress may go on, in seconds.
            stop_now: Asked now and then whether to cut them short.
        """
        self.store.drain()
        deadline = self._clock() + timeout_s
        while (left := deadline - self._clock()) > 0 and not stop_now():
            for session in [one for one in self.sessions.values() if not _in_progress(one)]:
                self._dismiss(session)
            if all(session.ended for session in self.sessions.values()) and not self.throw_away.playing:
                break
            self._emptied.clear()
            try:
                await asyncio.wait_for(self._emptied.wait(), min(left, 0.1))
            except asyncio.TimeoutError:
                continue
        await self.shut_down(stop_now)

    async def shut_down(self, stop_now: Callable[[], bool] = lambda: False) -> None:
        """End every session now, and wait for their environments as long as closing may take; once is enough.

        Args:
            stop_now: Asked now and then whether to wait no longer.
        """
        if self._shut:
            return
        self._shut = True
        self.store.drain()
        for session in list(self.sessions.values()):
            self._dismiss(session)
        await self.throw_away.stop()
        await self._endings.wait_for_all(stop_now)
        if self._timer is not None:
            self._timer.cancel()
        self._workers.stop()

    def prepare(self) -> None:
        """Start what the first session would otherwise wait for."""
        if self.settings.place == "process":
            self._workers.prepare()

    async def _slot(self, dialect: Dialect, wait_s: float, on_queued: Callable[[int], None] | None) -> Lease:
        if dialect is Dialect.V1:
            return self.store.acquire()
        try:
            return await self._slot_or_wait(wait_s, on_queued)
        except SessionCapacityError as full:
            full.data["retry_after_s"] = self.store.retry_after_s()
            raise

    async def _slot_or_wait(self, wait_s: float, on_queued: Callable[[int], None] | None) -> Lease:
        try:
            return self.store.acquire()
        except SessionCapacityError:
            if wait_s <= 0:
                raise
        granted: asyncio.Future[Lease] = asyncio.get_running_loop().create_future()
        waiter = self.store.queue(wait_s, lambda outcome: self._settle(granted, outcome))
        if on_queued is not None:
            on_queued(self.store.position(waiter))
        self._arm()
        try:
            return await granted
        except asyncio.CancelledError:
            self.store.withdraw(waiter)
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                self.store.release(granted.result())
            raise

    def _runner(self, dialect: Dialect, verbose: bool, name: str) -> Runner:
        """Choose where an environment runs."""
        verbose = verbose or self._verbose_always
        if self.settings.place == "process":
            return ProcessRunner(self._workers, dialect, verbose=verbose)
        host = EnvironmentHost(self.blueprint, dialect, verbose=verbose)
        if self.settings.place == "inline":
            return InlineRunner(host)
        if self._mailbox is None:
            self._mailbox = Mailbox(asyncio.get_running_loop())
        return ThreadRunner(host, self._mailbox, f"openenv-{name}")

    def _dismiss(self, session: Session) -> None:
        """End a session because the server is shutting down, and tell its client."""
        self.end(session, "draining", ServerDrainingError("the server is shutting down"))

    def _settle(self, granted: asyncio.Future[Lease], outcome: Lease | OpenEnvError) -> None:
        """Tell one who waits; who has just left gives the slot on."""
        if isinstance(outcome, OpenEnvError):
            if not granted.done():
                granted.set_exception(outcome)
        elif granted.done():
            self.store.release(outcome)
        else:
            granted.set_result(outcome)

    def _gone(self, session: Session, reason: str) -> None:
        """Free the slot of a session of which nothing is left."""
        del self.sessions[session.id]
        self.store.release(session.lease)
        self._emptied.set()
        self._arm()
        logger.info("session %s ended: %s, %d steps", session.id, reason, session.steps)

    def _stuck(self, session: Session) -> None:
        self.store.mark_stuck(session.lease)
        self._arm()

    # Time

    def _arm(self) -> None:
        """Have :meth:`_sweep` run when somebody's time is up, and not before."""
        due = self.store.next_due()
        if due is None or (self._timer is not None and self._timer_at <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due
        self._timer = asyncio.get_running_loop().call_later(max(0.0, due - self._clock()), self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        for lease, reason in self.store.due():
            ended = SessionExpiredError(f"session {lease.id} has ended: {reason}", {"reason": reason})
            self.end(self.sessions[lease.id], reason, ended)
        self._arm()


def _in_progress(session: Session) -> bool:
    """Whether a client waits for a reply, or is there in the middle of an episode."""
    attached = session.lease.phase is Phase.ATTACHED
    return (attached and session.playing) or (session.running and session.lease.phase is not Phase.DETACHED)
