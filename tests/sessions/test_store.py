"""The rules of slots, one at a time, with a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from openenv.errors import (
    SessionCapacityError,
    SessionExpiredError,
    SessionNotFoundError,
)
from openenv.sessions.store import Lease, Limits, Phase, SessionStore

GOING_ON = (Phase.ATTACHED, Phase.UNATTACHED, Phase.DETACHED)


GOING_ON = (Phase.ATTACHED, Phase.UNATTACHED, Phase.DETACHED)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Callable[..., SessionStore]:
    def made(most: int = 1, queue: int = 4, **limits: float) -> SessionStore:
        return SessionStore(Limits(most, queue, **limits), clock)

    return made


Make = Callable[..., SessionStore]


def attached(store: SessionStore, phase: Phase = Phase.ATTACHED) -> Lease:
    lease = store.acquire()
    store.settle(lease, phase)
    return lease


def test_a_session_is_found_with_its_token_only(make: Make) -> None:
    store = make()
    lease = attached(store)

    for token in ("", "x", lease.token[:-1], lease.token + "x", "\ud83d", "ü"):
        with pytest.raises(SessionNotFoundError):
            store.find(lease.id, token)
    with pytest.raises(SessionNotFoundError):
        store.find("nobody", lease.token)


def test_names_and_tokens_are_never_given_twice(make: Make) -> None:
    store = make(50)
    leases = [store.acquire() for _ in range(50)]

    assert len({lease.id for lease in leases}) == len({lease.token for lease in leases}) == 50
    assert all(len(lease.token) >= 22 for lease in leases)  # 128 bits in base64
    assert not any(lease.token in repr(lease) for lease in leases), "a token would stand in the log"


def test_ended_sessions_are_remembered_for_a_while_but_not_for_ever(make: Make) -> None:
    store = make(1)
    ended = []
    for _ in range(100):
        lease = attached(store)
        store.end(lease, "closed")
        store.release(lease)
        ended.append(lease)

    with pytest.raises(SessionExpiredError):
        store.find(ended[-1].id, ended[-1].token)
    with pytest.raises(SessionNotFoundError):
        store.find(ended[0].id, ended[0].token)
    with pytest.raises(SessionNotFoundError):
        store.find(ended[-1].id, "x")


def test_a_full_server_says_how_full(make: Make) -> None:
    store = make(2)
    attached(store)
    attached(store)

    with pytest.raises(SessionCapacityError) as full:
        store.acquire()
    assert full.value.data == {"active_sessions": 2, "max_sessions": 2}


def test_a_detached_session_gives_way_to_one_who_waits_after_ten_seconds(make: Make, clock: Clock) -> None:
    store = make(1)
    lease = attached(store, Phase.DETACHED)
    store.queue(30.0, lambda outcome: None)

    assert store.next_due() == clock.now + 10.0
    clock.now += 9.9
    assert store.due() == []
    clock.now += 0.1
    assert store.due() == [(lease, "evicted")]


def test_a_detached_session_lives_for_its_window_where_nobody_waits(make: Make, clock: Clock) -> None:
    store = make(1)
    lease = attached(store, Phase.DETACHED)

    assert store.next_due() == clock.now + 60.0
    clock.now += 60.0
    assert store.due() == [(lease, "detached")]


def test_an_attached_session_is_never_evicted_but_may_idle_less_while_somebody_waits(make: Make, clock: Clock) -> None:
    store = make(1)
    lease = attached(store)
    assert store.next_due() == clock.now + 3600.0

    store.queue(2000.0, lambda outcome: None)
    assert store.next_due() == clock.now + 900.0
    clock.now += 900.0
    assert store.due() == [(lease, "idle")]


def test_the_clock_of_a_session_stops_while_a_request_runs(make: Make, clock: Clock) -> None:
    store = make(1)
    lease = attached(store, Phase.DETACHED)
    store.begin(lease)
    clock.now += 1000.0
    assert store.due() == []

    store.finish(lease)
    assert store.next_due() == clock.now + 60.0


@pytest.mark.parametrize("phase", GOING_ON)
def test_an_ending_session_cannot_go_on(make: Make, phase: Phase) -> None:
    store = make(1)
    lease = attached(store)
    store.end(lease, "closed")

    with pytest.raises(AssertionError, match="expected a session that goes on"):
        store.settle(lease, phase)


def test_an_ending_session_is_not_counted_twice(make: Make, clock: Clock) -> None:
    store = make(2)
    first, second = attached(store, Phase.DETACHED), attached(store, Phase.DETACHED)
    store.queue(60.0, lambda outcome: None)
    store.end(first, "closed")
    clock.now += 20.0

    assert store.due() == []
    store.mark_stuck(first)
    assert store.due() == [(second, "evicted")]
