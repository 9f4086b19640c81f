"""The store of sessions, driven at random beside a simple model, with a clock that only the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from openenv.errors import (
    OpenEnvError,
    ServerDrainingError,
    SessionCapacityError,
    SessionExpiredError,
)
from openenv.sessions.store import Lease, Limits, Phase, SessionStore, Waiter

GOING_ON = (Phase.ATTACHED, Phase.UNATTACHED, Phase.DETACHED)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(eq=False)
class Guest:
    """One who waits, as the model sees it."""

    deadline: float
    outcomes: list[Lease | OpenEnvError] = field(default_factory=list)
    place: Waiter | None = None


@dataclass(eq=False)
class Play:
    """One session, as the model sees it."""

    lease: Lease
    phase: Phase
    since: float
    running: bool = False


class StorePlay(RuleBasedStateMachine):
    """Keeps a timer as the service does, and checks that the store never needs another one."""

    @initialize(
        most=st.integers(1, 4),
        queue=st.integers(0, 3),
        window=st.sampled_from([15.0, 60.0]),
        idle=st.sampled_from([20.0, 90.0]),
        evict=st.sampled_from([0.0, 10.0]),
    )
    def begin(self, most: int, queue: int, window: float, idle: float, evict: float) -> None:
        self.clock = Clock()
        self.limits = Limits(most, queue, window, idle, attached_idle_timeout_s=200.0, evict_after_s=evict)
        self.store = SessionStore(self.limits, self.clock)
        self.plays: list[Play] = []
        self.guests: list[Guest] = []
        self.draining = False
        self.timer: float | None = None

    # What clients and the service do

    @rule()
    def newcomer(self) -> None:
        free = len(self.plays) < self.limits.max_sessions and not self.guests
        if free and not self.draining:
            lease = self.store.acquire()
            assert lease.phase is Phase.OPENING
            self.plays.append(Play(lease, Phase.OPENING, self.clock.now))
        else:
            with pytest.raises(ServerDrainingError if self.draining else SessionCapacityError):
                self.store.acquire()

    @rule(wait_s=st.sampled_from([0.5, 5.0, 30.0, 300.0]))
    def newcomer_who_waits(self, wait_s: float) -> None:
        guest = Guest(self.clock.now + wait_s)
        if self.draining or len(self.guests) >= self.limits.queue_size:
            with pytest.raises(ServerDrainingError if self.draining else SessionCapacityError):
                self.store.queue(wait_s, guest.outcomes.append)
            return
        if len(self.plays) < self.limits.max_sessions and not self.guests:
            return  # the service takes the free slot instead
        guest.place = self.store.queue(wait_s, guest.outcomes.append)
        self.guests.append(guest)
        assert self.store.position(guest.place) == len(self.guests)
        self.arm()

    @precondition(lambda self: self.guests)
    @rule(data=st.data())
    def guest_leaves(self, data: st.DataObject) -> None:
        guest = data.draw(st.sampled_from(self.guests))
        assert guest.place is not None
        self.store.withdraw(guest.place)
        self.store.withdraw(guest.place)
        self.guests.remove(guest)

    @precondition(lambda self: self.in_phases(Phase.OPENING, Phase.ATTACHED, Phase.DETACHED))
    @rule(data=st.data(), to=st.sampled_from(GOING_ON))
    def moves_on(self, data: st.DataObject, to: Phase) -> None:
        play = data.draw(st.sampled_from(self.in_phases(Phase.OPENING, Phase.ATTACHED, Phase.DETACHED)))
        self.store.settle(play.lease, to)
        play.phase, play.since = to, self.clock.now
        self.arm()

    @precondition(lambda self: self.in_phases(*GOING_ON))
    @rule(data=st.data())
    def asks_or_is_answered(self, data: st.DataObject) -> None:
        play = data.draw(st.sampled_from(self.in_phases(*GOING_ON)))
        play.running = not play.running
        if play.running:
            self.store.begin(play.lease)
        else:
            self.store.finish(play.lease)
            play.since = self.clock.now

    @precondition(lambda self: self.in_phases(Phase.OPENING, *GOING_ON))
    @rule(data=st.data())
    def ends(self, data: st.DataObject) -> None:
        self.end(data.draw(st.sampled_from(self.in_phases(Phase.OPENING, *GOING_ON))), "closed")

    @precondition(lambda self: self.in_phases(Phase.ENDING))
    @rule(data=st.data())
    def does_not_return(self, data: st.DataObject) -> None:
        play = data.draw(st.sampled_from(self.in_phases(Phase.ENDING)))
        self.store.mark_stuck(play.lease)
        play.phase = Phase.STUCK
        self.arm()

    @precondition(lambda self: self.in_phases(Phase.ENDING, Phase.STUCK))
    @rule(data=st.data())
    def is_gone(self, data: st.DataObject) -> None:
        play = data.draw(st.sampled_from(self.in_phases(Phase.ENDING, Phase.STUCK)))
        self.plays.remove(play)
        served = self.guests[:1] if not self.draining else []
        self.store.release(play.lease)
        for guest in served:
            self.guests.remove(guest)
            (lease,) = guest.outcomes
            assert isinstance(lease, Lease)
            self.plays.append(Play(lease, Phase.OPENING, self.clock.now))
        self.arm()

    @rule(seconds=st.sampled_from([0.0, 0.25, 4.0, 10.0, 15.0, 61.0, 250.0]))
    def time_passes(self, seconds: float) -> None:
        until = self.clock.now + seconds
        while self.timer is not None and self.timer <= until:
            self.clock.now = max(self.clock.now, self.timer)
            self.sweep()
        self.clock.now = until

    @precondition(lambda self: not self.draining)
    @rule(really=st.integers(0, 9))
    def drains(self, really: int) -> None:
        if really:
            return
        self.store.drain()
        self.draining = True
        for guest in self.guests:
            assert [type(outcome) for outcome in guest.outcomes] == [ServerDrainingError]
        self.guests = []

    # The service's part

    def arm(self) -> None:
        due = self.store.next_due()
        if due is not None and (self.timer is None or due < self.timer):
            self.timer = due

    def sweep(self) -> None:
        self.timer = None
        late, expected = self.late_guests(self.clock.now), self.expected_ends()
        ends = self.store.due()
        for guest in late:
            assert [type(outcome) for outcome in guest.outcomes] == [SessionCapacityError]
        assert [(lease, reason) for lease, reason in ends] == [(play.lease, reason) for play, reason in expected]
        for play, reason in expected:
            self.end(play, reason)
        self.arm()
        assert self.timer is None or self.timer > self.clock.now, "the timer would fire at once, and again"

    def end(self, play: Play, reason: str) -> None:
        self.store.end(play.lease, reason)
        play.phase = Phase.ENDING
        with pytest.raises(SessionExpiredError) as expired:
            self.store.find(play.lease.id, play.lease.token)
        assert expired.value.data == {"reason": reason}

    # The model

    def in_phases(self, *phases: Phase) -> list[Play]:
        return [play for play in self.plays if play.phase in phases]

    def late_guests(self, now: float) -> list[Guest]:
        late = [guest for guest in self.guests if guest.deadline <= now]
        self.guests = [guest for guest in self.guests if guest.deadline > now]
        return late

    def time_is_up(self, play: Play) -> tuple[str, float] | None:
        if play.running:
            return None
        attached = self.limits.idle_timeout_s if self.guests else self.limits.attached_idle_timeout_s
        allowed = {
            Phase.ATTACHED: ("idle", attached),
            Phase.UNATTACHED: ("idle", self.limits.idle_timeout_s),
            Phase.DETACHED: ("detached", self.limits.resume_window_s),
        }
        reason, seconds = allowed.get(play.phase, ("", None))
        return None if seconds is None else (reason, play.since + seconds)

    def wanted(self) -> int:
        return len(self.guests) - len(self.in_phases(Phase.ENDING))

    def expected_ends(self) -> list[tuple[Play, str]]:
        now = self.clock.now
        times = [(play, self.time_is_up(play)) for play in self.plays]
        expired = [(play, up[0]) for play, up in times if up and up[1] <= now]
        gone = [play for play, _ in expired]
        detached = [play for play in self.in_phases(Phase.DETACHED) if play not in gone]
        old = sorted(detached, key=lambda play: play.since)
        ready = [play for play in old if now - play.since >= self.limits.evict_after_s]
        return expired + [(play, "evicted") for play in ready[: max(0, self.wanted() - len(expired))]]

    def next_moment(self) -> float | None:
        moments = [up[1] for up in map(self.time_is_up, self.plays) if up]
        moments += [guest.deadline for guest in self.guests]
        if self.wanted() > 0:
            moments += [play.since + self.limits.evict_after_s for play in self.in_phases(Phase.DETACHED)]
        return min(moments, default=None)

    # What always holds

    @invariant()
    def the_limit_is_never_exceeded(self) -> None:
        assert self.store.active == len(self.plays) <= self.limits.max_sessions
        assert self.store.waiting == len(self.guests) <= self.limits.queue_size
        assert self.store.stuck == len(self.in_phases(Phase.STUCK))

    @invariant()
    def nobody_waits_beside_a_free_slot(self) -> None:
        assert not self.guests or len(self.plays) == self.limits.max_sessions

    @invariant()
    def the_timer_fires_before_the_next_thing_is_due(self) -> None:
        moment = self.next_moment()
        assert moment is None or (self.timer is not None and self.timer <= moment)

    @invariant()
    def sessions_that_go_on_are_found(self) -> None:
        for play in self.in_phases(*GOING_ON):
            assert self.store.find(play.lease.id, play.lease.token) is play.lease

    @invariant()
    def nobody_who_waits_has_been_answered(self) -> None:
        assert not any(guest.outcomes for guest in self.guests)

    @invariant()
    def waiting_ends_some_time(self) -> None:
        assert 1.0 <= self.store.retry_after_s() <= 60.0

    def teardown(self) -> None:
        for play in self.in_phases(Phase.OPENING, *GOING_ON):
            self.end(play, "closed")
        while self.plays:
            play = self.plays.pop()
            self.store.release(play.lease)
            for guest in [one for one in self.guests if one.outcomes]:
                self.guests.remove(guest)
                (lease,) = guest.outcomes
                assert isinstance(lease, Lease)
                self.plays.append(Play(lease, Phase.OPENING, 0.0))
        assert (self.store.active, self.store.waiting) == (0, 0)


TestStorePlay = StorePlay.TestCase
TestStorePlay.settings = settings(max_examples=150, stateful_step_count=50)
