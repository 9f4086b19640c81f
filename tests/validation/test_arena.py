"""Episodes are played in fresh sessions, on a server and in this process alike, in bounded time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from specimens import Counter, CountObservation, served

from openenv.project.claims import Claims, EpisodeClaims
from openenv.protocol import Dialect
from openenv.validation.check import NotChecked, TimeUp, registered
from openenv.validation.play.arena import Arena
from openenv.validation.play.direct import DirectArena
from openenv.validation.play.effort import QUICK
from openenv.validation.play.plays import Play
from openenv.validation.play.script import Request, Script
from openenv.validation.serving.server import Server

RESET, STEP, STATE = Request("reset", {"seed": 0}), Request("step", {"amount": 2}), Request("state")


class Alone(Counter):
    """Plays one session at a time."""

    SUPPORTS_CONCURRENT_SESSIONS = False


@contextmanager
def on_a_server(environment: Any = Counter) -> Iterator[Arena]:
    with served(environment) as url:
        yield Server(url, 10.0, effort=QUICK).play.arena


@contextmanager
def here(environment: Any = Counter, timeout_s: float = 10.0) -> Iterator[DirectArena]:
    arena = DirectArena(environment, QUICK, timeout_s)
    try:
        yield arena
    finally:
        arena.close()


WHERE = pytest.mark.parametrize("where", [on_a_server, here])


def totals(arena: Arena, *requests: Request, dialect: Dialect | None = None) -> list[Any]:
    answers = arena.play(Script(requests), dialect)
    return [one.frame and one.frame.data.get("observation", {}).get("total", one.frame.code) for one in answers]


@WHERE
@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_script_is_answered_request_by_request(where: Any, dialect: Dialect) -> None:
    with where() as arena:
        assert totals(arena, RESET, STEP, STEP, dialect=dialect) == [0, 2, 4]


@WHERE
def test_sessions_of_a_script_are_apart_and_can_be_closed(where: Any) -> None:
    other = [replace(one, session=2) for one in (RESET, STEP, Request("close"))]
    with where() as arena:
        assert totals(arena, RESET, *other, STEP) == [0, 0, 2, None, 2]


@WHERE
def test_both_say_the_same_of_what_is_played(where: Any) -> None:
    with where() as arena:
        assert set(arena.schemas.action["properties"]) == {"amount", "metadata"}
        assert arena.seedable is True
        assert arena.first_result()["observation"] == {"total": 0}


@WHERE
def test_a_second_session_where_there_is_one_slot_is_not_checked_and_leaves_the_slot_free(where: Any) -> None:
    with where(Alone) as arena:
        with pytest.raises(NotChecked):
            arena.play(Script((RESET, replace(RESET, session=2))))
        assert totals(arena, RESET) == [0]


def test_of_a_server_with_one_slot_no_second_session_is_asked_for() -> None:
    with on_a_server(Alone) as arena:
        assert arena.max_sessions == 1
        with pytest.raises(NotChecked, match="it plays one session at a time"):
            list(registered()["B012"].function(Play(arena)) or ())


def test_what_nobody_claims_is_not_checked_for_one_reason() -> None:
    with here() as arena:
        play, reasons = Play(arena), set()
        for id_ in ("B017", "B018", "B019", "B020", "B021", "B022"):
            with pytest.raises(NotChecked) as caught:
                list(registered()[id_].function(play) or ())
            reasons.add(str(caught.value))
    assert reasons == {"there is no manifest at hand, which could claim it"}


class Endless(Counter):
    """Does not return from step before it is told to."""

    told = threading.Event()

    def step(self, action: Any) -> CountObservation:
        self.told.wait()
        return super().step(action)


def test_what_does_not_return_is_not_waited_for_and_nothing_more_is_asked_of_it() -> None:
    with here(Endless, timeout_s=0.2) as arena:
        reset, step, state = arena.play(Script((RESET, STEP, STATE)))
        Endless.told.set()
    assert reset.frame is not None
    assert str(step.trouble) == "step was not answered within 0.2 s"
    assert state.trouble is step.trouble


class Broken(Counter):
    """Cannot be made."""

    def __init__(self) -> None:
        raise OSError("no board")


def test_what_cannot_be_made_is_told_with_its_words() -> None:
    with here(Broken) as arena:
        (answer,) = arena.play(Script((RESET,)))
    assert "no board" in str(answer.trouble)


def test_nothing_is_played_when_the_time_is_up() -> None:
    arena = DirectArena(Counter, replace(QUICK, seconds=0.0), 10.0)
    try:
        with pytest.raises(TimeUp, match=r"the 0 s for playing were over; --thorough takes longer"):
            arena.play(Script((RESET, STEP, STEP)))
    finally:
        arena.close()


class Slow(Counter):
    """Takes longer for a step than its manifest would say."""

    def step(self, action: Any) -> Any:
        threading.Event().wait(0.15)
        return super().step(action)


def test_the_first_recording_is_played_whatever_the_time_and_slow_steps_are_named_where_it_is_up() -> None:
    arena = DirectArena(Slow, replace(QUICK, seconds=0.0), 10.0)
    try:
        arena.claims = Claims(episode=EpisodeClaims(step_s=0.1))
        play = Play(arena)
        assert play.recording.turns
        with pytest.raises(TimeUp, match=r"were over: a step takes 0\.\d+ s; --thorough"):
            arena.play(play.recording.script)
        [found] = registered()["B020"].function(play)
        assert found.message.startswith("the fastest step of 2 took 0.")
    finally:
        arena.close()


def test_a_share_of_the_time_is_enough_for_one_at_least() -> None:
    arena = DirectArena(Counter, replace(QUICK, seconds=0.0), 10.0)
    try:
        assert list(arena.share_of([1, 2, 3])) == [1]
    finally:
        arena.close()
