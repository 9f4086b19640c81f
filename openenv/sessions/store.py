"""Who holds a slot, who waits for one, and whose time is up.

Pure rules: no I/O, no threads, no event loop; the clock is an argument. The limit is never exceeded,
because a slot is taken before anything else happens and given back as the last thing.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from uuid import uuid4

from openenv.errors import (
    OpenEnvError,
    ServerDrainingError,
    SessionCapacityError,
    SessionExpiredError,
    SessionNotFoundError,
)


@dataclass(frozen=True)
class Limits:
    """How many sessions there may be, and how long each may be left alone, in seconds.

    Attributes:
        max_sessions: How many slots there are.
        queue_size: How many may wait for one.
        resume_window_s: How long a detached session is kept.
        idle_timeout_s: How long an HTTP session may idle, and an attached one while somebody waits.
        attached_idle_timeout_s: How long an attached session may idle otherwise.
        evict_after_s: How long a session is detached before one who waits may take its slot.
    """

    max_sessions: int
    queue_size: int
    resume_window_s: float = 60.0
    idle_timeout_s: float = 900.0
    attached_idle_timeout_s: float = 3600.0
    evict_after_s: float = 10.0


class Phase(Enum):
    """Where a session stands."""

    OPENING = auto()
    ATTACHED = auto()
    DETACHED = auto()
    UNATTACHED = auto()
    """Played over HTTP, which has no connection to lose."""
    ENDING = auto()
    STUCK = auto()
    """Ended, but its environment does not return."""


@dataclass(eq=False, slots=True)
class Lease:
    """A session's right to a slot.

    Attributes:
        id: The session's public name.
        token: The right to use it; never logged.
        phase: Where the session stands.
        running: Whether a request runs; the idle clock stops meanwhile.
        since: When it was last used, or detached, by the store's clock.
    """

    id: str
    token: str = field(repr=False)
    phase: Phase
    since: float
    running: bool = False


@dataclass(eq=False, slots=True)
class Waiter:
    """One who waits for a slot.

    Attributes:
        settle: Called once, with a lease or with the reason why there is none.
        deadline: When the wait is over, by the store's clock.
        since: When it began.
    """

    settle: Callable[[Lease | OpenEnvError], None]
    deadline: float
    since: float


class SessionStore:
    """The rules of slots.

    Args:
        limits: The limits.
        clock: Returns the time in seconds; it never goes back.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._leases: dict[str, Lease] = {}
        self._waiters: deque[Waiter] = deque()
        self._ended: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self.draining = False

    # Slots

    def acquire(self) -> Lease:
        """Take a free slot.

        Returns:
            A lease in the phase ``OPENING``.

        Raises:
            SessionCapacityError: There is none, or others wait already.
            ServerDrainingError: The server is shutting down.
        """
        self.refuse_when_draining()
        if len(self._leases) >= self.limits.max_sessions or self._waiters:
            raise self._full("Cannot accept new connections.")
        return self._grant()

    def queue(self, wait_s: float, settle: Callable[[Lease | OpenEnvError], None]) -> Waiter:
        """Wait for a slot, behind those who wait already.

        Args:
            wait_s: How long, in seconds.
            settle: Called with the lease, or with the reason why there is none.

        Returns:
            The place in the queue, to be withdrawn by one who leaves.

        Raises:
            SessionCapacityError: The queue is full too.
            ServerDrainingError: The server is shutting down.
        """
        self.refuse_when_draining()
        if len(self._waiters) >= self.limits.queue_size:
            raise self._full(f"{len(self._waiters)} others wait already.")
        now = self._clock()
        waiter = Waiter(settle, now + wait_s, now)
        self._waiters.append(waiter)
        return waiter

    def withdraw(self, waiter: Waiter) -> None:
        """Leave the queue; does nothing for one who is no longer in it."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)

    def position(self, waiter: Waiter) -> int:
        """Say how many are served before this one, and itself: 1 is next."""
        return self._waiters.index(waiter) + 1

    def release(self, lease: Lease) -> None:
        """Give a slot back and pass it to the next who waits."""
        del self._leases[lease.id]
        while self._waiters and not self.draining and len(self._leases) < self.limits.max_sessions:
            self._waiters.popleft().settle(self._grant())

    # Sessions

    def find(self, session_id: str, token: str) -> Lease:
        """Find a session by its name and token.

        Raises:
            SessionExpiredError: It has ended; ``data["reason"]`` says why.
            SessionNotFoundError: There is none, or the token is wrong.
        """
        lease = self._leases.get(session_id)
        if lease is not None and lease.phase not in (Phase.ENDING, Phase.STUCK) and _same(lease.token, token):
            return lease
        ended_token, reason = self._ended.get(session_id, ("", ""))
        if ended_token and _same(ended_token, token):
            raise SessionExpiredError(f"session {session_id} has ended: {reason}", {"reason": reason})
        raise SessionNotFoundError(f"no session {session_id} with this token")

    def settle(self, lease: Lease, phase: Phase) -> None:
        """Move a session that goes on to another phase; its clock starts anew."""
        if lease.phase in (Phase.ENDING, Phase.STUCK):
            raise AssertionError(f"expected a session that goes on, got one in {lease.phase}")
        lease.phase, lease.since = phase, self._clock()

    def begin(self, lease: Lease) -> None:
        """Stop a session's clock while a request runs."""
        lease.running = True

    def finish(self, lease: Lease) -> None:
        """Start a session's clock after a request."""
        lease.running, lease.since = False, self._clock()

    def end(self, lease: Lease, reason: str) -> None:
        """Mark a session as ending; its slot stays taken until it is released."""
        lease.phase = Phase.ENDING
        self._ended[lease.id] = (lease.token, reason)
        while len(self._ended) > 4 * self.limits.max_sessions + 64:
            self._ended.popitem(last=False)

    def mark_stuck(self, lease: Lease) -> None:
        """Note that an ended session's environment does not return."""
        lease.phase = Phase.STUCK

    # Time

    def due(self) -> list[tuple[Lease, str]]:
        """Say whose time is up now; waiters whose time is up are told at once.

        Returns:
            Sessions to be ended, each with the reason: ``idle``, ``detached`` or ``evicted``.
        """
        now = self._clock()
        for waiter in [waiter for waiter in self._waiters if waiter.deadline <= now]:
            self._waiters.remove(waiter)
            waiter.settle(self._full(f"Waited {now - waiter.since:.1f} s for a slot."))
        expired = [(lease, reason) for lease, reason, when in self._deadlines(now) if when <= now]
        gone = {lease.id for lease, _ in expired}
        candidates = [lease for lease in self._evictable(now) if lease.id not in gone]
        return expired + [(lease, "evicted") for lease in candidates[: max(0, self._wanted() - len(expired))]]

    def next_due(self) -> float | None:
        """Say when :meth:`due` has to be asked next, by the store's clock; ``None`` means not before a change."""
        moments = [when for _, _, when in self._deadlines(self._clock())]
        moments += [waiter.deadline for waiter in self._waiters]
        if self._wanted() > 0:
            moments += [lease.since + self.limits.evict_after_s for lease in self._detached()]
        return min(moments, default=None)

    # Counts

    @property
    def active(self) -> int:
        """How many slots are taken."""
        return len(self._leases)

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._waiters)

    @property
    def stuck(self) -> int:
        """How many slots are held by environments that do not return."""
        return self._count(Phase.STUCK)

    def retry_after_s(self) -> float:
        """Guess when a slot may be free: 1 to 60 seconds."""
        detached = [lease.since + self.limits.evict_after_s for lease in self._detached()]
        soonest = min(detached, default=self._clock() + 5.0)
        return round(min(60.0, max(1.0, soonest - self._clock())), 1)

    def refuse_when_draining(self) -> None:
        """Raise ``ServerDrainingError`` once nothing new is taken."""
        if self.draining:
            raise _draining()

    def drain(self) -> None:
        """Take nothing new; those who wait are told."""
        self.draining = True
        while self._waiters:
            self._waiters.popleft().settle(_draining())

    def _grant(self) -> Lease:
        lease = Lease(str(uuid4()), secrets.token_urlsafe(16), Phase.OPENING, self._clock())
        self._leases[lease.id] = lease
        return lease

    def _full(self, why: str) -> SessionCapacityError:
        active, most = len(self._leases), self.limits.max_sessions
        counts = {"active_sessions": active, "max_sessions": most}
        return SessionCapacityError(f"Server at capacity: {active}/{most} sessions active. {why}", counts)

    def _count(self, phase: Phase) -> int:
        return sum(lease.phase is phase for lease in self._leases.values())

    def _wanted(self) -> int:
        """How many slots are waited for, beyond those that are about to be free."""
        return len(self._waiters) - self._count(Phase.ENDING)

    def _detached(self) -> list[Lease]:
        return [lease for lease in self._leases.values() if lease.phase is Phase.DETACHED]

    def _evictable(self, now: float) -> list[Lease]:
        ready = [lease for lease in self._detached() if lease.since + self.limits.evict_after_s <= now]
        return sorted(ready, key=lambda lease: lease.since)

    def _deadlines(self, now: float) -> Iterator[tuple[Lease, str, float]]:
        """Say until when each session may go on; one that runs a request is counted from now, when it may end."""
        limits = self.limits
        attached = limits.idle_timeout_s if self._waiters else limits.attached_idle_timeout_s
        allowed = {
            Phase.ATTACHED: ("idle", attached),
            Phase.UNATTACHED: ("idle", limits.idle_timeout_s),
            Phase.DETACHED: ("detached", limits.resume_window_s),
        }
        for lease in self._leases.values():
            if lease.phase in allowed:
                reason, seconds = allowed[lease.phase]
                yield lease, reason, (now if lease.running else lease.since) + seconds


def _same(token: str, other: str) -> bool:
    return hmac.compare_digest(token.encode(), other.encode("utf-8", "backslashreplace"))


def _draining() -> ServerDrainingError:
    return ServerDrainingError("the server is shutting down and takes no new sessions")
