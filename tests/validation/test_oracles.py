"""What plays of the same requests show, where that is not plain from the corpus."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from specimens import Counter, CountObservation

from openenv.validation.check import ProbeError
from openenv.validation.play.arena import Answer, Answers
from openenv.validation.play.direct import DirectArena
from openenv.validation.play.effort import QUICK
from openenv.validation.play.oracles import named_as_asked, same_again, seeds_matter, undisturbed
from openenv.validation.play.script import Request, Script

STEP, STATE = Request("step", {"amount": 1}), Request("state")
TWICE = Script((Request("reset", {"seed": 0}), STEP, Request("reset", {"seed": 1}), STEP))


@contextmanager
def arena_of(environment: Any, timeout_s: float = 10.0, kind: type[DirectArena] = DirectArena) -> Iterator[DirectArena]:
    arena = kind(environment, QUICK, timeout_s)
    try:
        yield arena
    finally:
        arena.close()


class Seeded(Counter):
    """Begins at what the seed says."""

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> CountObservation:
        super().reset(seed, episode_id)
        self._total = seed or 0
        return CountObservation(total=self._total)


def test_seeds_that_give_the_same_are_named_and_stay_in_the_script() -> None:
    with arena_of(Counter) as arena:
        shown = seeds_matter(arena, TWICE)
    assert shown is not None
    assert shown.message == "seeds 0 and 1 give the same episode"
    assert shown.scripts == (TWICE,)
    assert shown.whole


def test_seeds_of_which_one_gives_something_else_matter() -> None:
    with arena_of(Seeded) as arena:
        assert seeds_matter(arena, TWICE) is None


@pytest.mark.parametrize("places", [[0], [0, 1], [0, 1, 0, 1]])
def test_one_seed_says_nothing_about_seeds(places: list[int]) -> None:
    with arena_of(Counter) as arena:
        assert seeds_matter(arena, TWICE.only(places)) is None


class Locked(Counter):
    """Keeps a lock from reset to close."""

    lock = threading.Lock()
    holds = False

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> CountObservation:
        self.holds = self.holds or self.lock.acquire()
        return super().reset(seed, episode_id)

    def close(self) -> None:
        if self.holds:
            self.lock.release()


def test_a_session_that_is_answered_only_alone_is_disturbed() -> None:
    script = Script((Request("reset", {}), Request("reset", {}, session=2)))
    with arena_of(Locked, timeout_s=0.2) as arena:
        shown = undisturbed(arena, script)
    assert shown is not None
    said = "the answer is missing (reset was not answered within 0.2 s), not given as without the other session"
    assert shown.message == said
    assert shown.place == 1
    assert shown.trouble is not None


class Ticking(Counter):
    """Whose state tells how many resets there were in all sessions together."""

    resets = 0

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> CountObservation:
        Ticking.resets += 1
        return super().reset(seed, f"reset {Ticking.resets}")

    @property
    def state(self) -> Any:
        return {"step_count": 0, "resets": self.resets}


def test_a_state_that_is_never_the_same_says_nothing_about_the_other_session() -> None:
    script = Script((Request("reset", {}), STATE, Request("reset", {}, session=2), STATE))
    with arena_of(Ticking) as arena:
        assert undisturbed(arena, script) is None


class Gone(DirectArena):
    """Whose server hangs up, and is not there any more."""

    def play(self, script: Script, dialect: Any = None) -> Answers:
        """Answer nothing."""
        return tuple(Answer(None, ProbeError("the server closed the connection", lost=True)) for _ in script)


def test_a_server_that_hangs_up_gives_no_episode_twice() -> None:
    with arena_of(Counter, kind=Gone) as arena:
        shown = same_again(arena, TWICE)
    assert shown is not None
    assert shown.message == "the server closed the connection"


@pytest.mark.parametrize(("environment", "said"), [(Counter, None), (Ticking, "not mine that reset was given")])
def test_an_episode_has_the_name_that_its_reset_was_given(environment: Any, said: str | None) -> None:
    script = Script((Request("reset", {"episode_id": "mine"}), STATE, Request("reset", {"episode_id": ""}), STATE))
    with arena_of(environment) as arena:
        shown = named_as_asked(arena, script, arena.play(script))
    assert (shown and shown.message.partition(", ")[2]) == said
