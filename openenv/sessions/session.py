"""One session: an environment played by one client, one request at a time, each answered exactly once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from openenv.errors import DeadlineError, EnvironmentFactoryError, OpenEnvError, RequestError, SessionExpiredError
from openenv.protocol.frames import Reply, Request
from openenv.protocol.ledger import Admission, Ledger
from openenv.sessions.host import error_reply
from openenv.sessions.runners import Runner
from openenv.sessions.store import Lease, SessionStore

logger = logging.getLogger("openenv.sessions")

_RUN = Admission.RUN  # on the way of every step, where reaching a member of an enum costs more than comparing it
Deliver = Callable[[Reply, "int | str | None"], None]


@dataclass(frozen=True)
class Deadlines:
    """How long an environment may take, in seconds; ``None`` means as long as it likes.

    Attributes:
        reset_s: For making the environment and for a reset.
        step_s: For a step, and for a look at the state.
        close_s: For closing it.
    """

    reset_s: float | None = 300.0
    step_s: float | None = 300.0
    close_s: float = 10.0

    def of(self, request: Request) -> float | None:
        """The limit of a request: the server's or the client's own, whichever is smaller."""
        own = self.reset_s if request.kind == "reset" else self.step_s
        if own is None or request.timeout_s is None:
            return own
        return min(own, request.timeout_s)


def deadline_passed(what: str, limit: float | None) -> DeadlineError:
    """Make the error that says how long was allowed, in seconds."""
    return DeadlineError(f"{what} took longer than the {limit:g} s allowed; the session is over", {"limit_s": limit})


async def opened(runner: Runner, limit: float | None) -> None:
    """Have a runner make its environment.

    Args:
        runner: Where it is to live.
        limit: How long it may take, in seconds.

    Raises:
        EnvironmentFactoryError: The environment could not be made.
        DeadlineError: Making it took too long.
        EnvironmentCrashedError: Its process died.
    """
    try:
        await asyncio.wait_for(runner.open(), limit)
    except (OpenEnvError, asyncio.CancelledError):
        runner.cancel()
        raise
    except asyncio.TimeoutError as error:
        runner.cancel()
        raise deadline_passed("making the environment", limit) from error
    except BaseException as error:
        runner.cancel()
        raise EnvironmentFactoryError("the server cannot make an environment") from error


def log_unmade(name: str, error: OpenEnvError) -> None:
    """Write to the log why there is no environment."""
    concealed = error.data.get("correlation_id")
    mark = f" [{concealed}]" if concealed else ""
    logger.error("session %s: no environment: %s%s", name, error.message, mark, exc_info=error.__cause__ or error)


def log_fault(name: str, request: Request, reply: Reply) -> None:
    """Write what an environment raised to the log."""
    if reply.fault is not None:
        logger.error("session %s: %s failed: %s", name, request.kind, reply.fault)


class Session:
    """Takes requests from whoever is connected, and has the runner play them.

    Args:
        lease: Its slot.
        store: Where its clock is kept.
        runner: Where its environment runs.
        ledger: Which requests may run.
        deadlines: How long they may take.
        give_up: Called with the reason when the session cannot go on.
    """

    def __init__(
        self,
        lease: Lease,
        store: SessionStore,
        runner: Runner,
        ledger: Ledger,
        deadlines: Deadlines,
        give_up: Callable[[Session, str], None],
    ) -> None:
        self.lease = lease
        self.runner = runner
        self.ledger = ledger
        self.playing = False
        self.steps = 0
        self.ended: str | None = None
        """Why the session is over; ``None`` while it goes on."""
        self.farewell: OpenEnvError | None = None
        """What whoever still asks for it is told then."""
        self.supersede: Callable[[], None] | None = None
        """Tells the connection that holds the session that it no longer does."""
        self.dismiss: Callable[[Reply], None] | None = None
        """Tells that connection that the session is over, and why."""
        self._store = store
        self._deadlines = deadlines
        self._give_up = give_up
        self._deliver: Deliver | None = None
        self._request: Request | None = None
        self._limit: float | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def id(self) -> str:
        """The session's public name."""
        return self.lease.id

    @property
    def running(self) -> bool:
        """Whether a request runs."""
        return self._request is not None

    def submit(self, request: Request, deliver: Deliver) -> None:
        """Run a request, or answer it from the ledger.

        Args:
            request: The request. One that repeats the last is not run again.
            deliver: Called once with the reply and the request's id, perhaps before this returns.
        """
        if self.farewell is not None:
            deliver(error_reply(self.farewell, fatal=True), request.id)
            return
        if request.kind == "invalid" and request.id is None:
            deliver(error_reply(request.data), None)
            return
        try:
            admission = self.ledger.admit(request)
        except RequestError as error:
            deliver(error_reply(error), request.id)
            return
        if admission is _RUN:
            self._deliver, self._request = deliver, request
            self._store.begin(self.lease)
            self.runner.submit(request, self._finished)
            if self._request is not None:  # what ended at once needs no deadline
                self._arm(self._deadlines.of(request))
        elif admission is Admission.WAIT:
            self._deliver = _both(self._deliver, deliver)
        else:
            assert self.ledger.reply is not None
            deliver(self.ledger.reply, request.id)

    def leave(self) -> None:
        """Forget where the reply was to go: the client is gone, and may ask again."""
        self._deliver = None

    def stop(self, reason: str, farewell: OpenEnvError | None = None) -> None:
        """End the session: nothing runs any more, and no late reply is taken.

        Args:
            reason: Why.
            farewell: What whoever is connected is told; without it only a request that still waits is answered.
        """
        self.ended = reason
        expired = SessionExpiredError(f"session {self.id} has ended: {reason}", {"reason": reason})
        self.farewell = farewell or expired
        if self._timer is not None:
            self._timer.cancel()
        deliver, self._deliver = self._deliver, None
        if farewell is not None and self.dismiss is not None:
            self.dismiss(error_reply(self.farewell, fatal=True))
        elif deliver is not None and self._request is not None:
            deliver(error_reply(self.farewell, fatal=True), self._request.id)
        if self.running:
            self.runner.cancel()

    def _finished(self, reply: Reply) -> None:
        if self.ended is not None or self._request is None:
            return
        request, self._request = self._request, None
        if reply.kind == "observation":
            self.playing = not reply.done
            self.steps += request.kind == "step"
        else:
            log_fault(self.id, request, reply)
        self._store.finish(self.lease)
        self.ledger.complete(reply)
        deliver, self._deliver = self._deliver, None
        if deliver is not None:
            deliver(reply, request.id)
        elif reply.fatal and self.dismiss is not None:
            self.dismiss(reply)
        if reply.fatal:
            self._give_up(self, (reply.code or "failed").lower())

    def _arm(self, limit: float | None) -> None:
        """Note a deadline; the one timer of the session is set anew only where it would fire too late."""
        self._limit = limit
        if limit is None:
            return
        self._deadline = self._loop.time() + limit
        if self._timer is not None:
            if self._timer.when() <= self._deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._check_deadline)

    def _check_deadline(self) -> None:
        self._timer = None
        if not self.running or self._limit is None:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._check_deadline)
            return
        assert self._request is not None
        late = deadline_passed(self._request.kind, self._limit)
        logger.error("session %s: %s", self.id, late)
        self.runner.cancel()
        self._finished(error_reply(late, fatal=True))


def _both(first: Deliver | None, second: Deliver) -> Deliver:
    """Deliver to everybody who waits for the same reply, once each."""
    if first is None or first == second:
        return second

    def deliver(reply: Reply, number: int | str | None) -> None:
        first(reply, number)
        second(reply, number)

    return deliver
