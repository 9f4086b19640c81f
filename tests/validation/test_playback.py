"""A failure that is played again stays the failure that it was, and says nothing where nothing can be seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from specimens import ENVIRONMENT, PACKAGED, CountAction, Counter, CountObservation, check, only_finding, write
from twin import Walker

from openenv.environment import Environment
from openenv.types import Action, Observation, State
from openenv.validation.check import Finding, registered
from openenv.validation.play.direct import DirectArena
from openenv.validation.play.effort import QUICK
from openenv.validation.play.playback import Playback
from openenv.validation.play.recording import Recording
from openenv.validation.play.replay import Replay
from openenv.validation.play.script import Request, Script
from openenv.validation.reports.report import Report, Status
from openenv.validation.run import Options, validate

FEW = replace(QUICK, shrinks=2)
RESET = Request("reset", {"seed": 0})


def project(place: Path, code: str) -> Path:
    """A project whose third step does something."""
    step = "        self._total += action.amount\n"
    lines = f"{step}        if self._state.step_count == 3:\n            {code}\n"
    environment = f"import os\n{ENVIRONMENT.replace(step, lines)}"
    return write(place, PACKAGED, {"my_env/server/environment.py": environment})


def test_a_server_that_is_lost_is_told_alike_again(tmp_path: Path) -> None:
    spoilt = project(tmp_path, "os._exit(3)")
    finding = only_finding(check(spoilt, "B002", effort=FEW))
    assert finding.message == "the server ended with exit code 3"
    assert finding.replay is not None
    assert [request.kind for request in finding.replay.scripts[0]] == ["reset", "step", "step", "step"]
    again = only_finding(check(spoilt, replay=finding.replay))
    assert replace(again, replay=None) == replace(finding, replay=None)


class Stuck(Counter):
    """Never comes back from a step that adds more than one."""

    INLINE = False

    def step(self, action: CountAction) -> CountObservation:
        while action.amount > 1:
            time.sleep(1)
        return super().step(action)


def test_an_episode_that_hangs_becomes_short_too() -> None:
    options = Options(select=["B002"], timeout_s=0.5, effort=FEW)
    finding = only_finding(validate(Stuck, options))
    assert finding.message == "step was not answered within 0.5 s"
    assert finding.replay is not None
    assert [request.kind for request in finding.replay.scripts[0]] == ["reset", "step"]
    again = only_finding(validate(Stuck, replace(options, select=(), replay=finding.replay)))
    assert replace(again, replay=None) == replace(finding, replay=None)


class Slippery(Counter):
    """Fails in two ways, one of which is found first, and the other one with less."""

    def step(self, action: CountAction) -> CountObservation:
        if action.amount > 1:
            raise KeyError(action.amount)
        if action.amount == 0:
            raise ValueError("nothing")
        return super().step(action)


def test_a_failure_does_not_become_another_one() -> None:
    finding = validate(Slippery, Options(select=["B002"])).outcomes[0].findings[0]
    assert "KeyError: 2" in finding.message
    assert "at step 1, action {'amount': 2}" in finding.details
    assert finding.replay is not None
    assert [request.data for request in finding.replay.scripts[0]] == [{"seed": 0}, {"amount": 2}]


def test_actions_that_fit_become_none_that_do_not() -> None:
    def any_step(recording: Recording) -> Iterator[Finding]:
        if any("way" in turn.action for turn in recording.turns):
            yield Finding("there is a step")

    check_ = replace(registered()["B008"], function=any_step)
    long = Script((RESET, Request("step", {"way": "left"}), Request("step", {"way": "right"})))
    arena = DirectArena(Walker, QUICK, 10.0)
    try:
        found = Playback(arena).shortest(check_, Finding("there is a step", replay=Replay("B008", (long,))))
    finally:
        arena.close()
    assert found.replay is not None
    assert [request.data for request in found.replay.scripts[0]] == [{"seed": 0}, {"way": "right"}]


class Word(Action):
    """A word."""

    word: str = ""


class Renamed(Environment[Word, Observation, State]):
    """Takes another action than the one that was kept, and fails in the first step where it is told to."""

    def __init__(self) -> None:
        self._state = State()

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Observation:
        self._state = State(episode_id=episode_id or str(seed))
        return Observation()

    def step(self, action: Word) -> Observation:
        self._state.step_count += 1
        if action.word == "fail":
            raise OSError("it fails")
        return Observation(reward=0.0)

    @property
    def state(self) -> State:
        return self._state


def again(id_: str, *actions: object) -> Report:
    return validate(
        Renamed, Options(replay=Replay(id_, (Script((RESET, *(Request("step", one) for one in actions))),)))
    )


@pytest.mark.parametrize("id_", ["B002", "B008", "B010", "B014"])
def test_a_file_whose_actions_do_not_fit_any_more_checks_nothing(id_: str) -> None:
    (outcome,) = again(id_, {"amount": 1}).outcomes
    assert outcome.status is Status.NOT_CHECKED
    assert str(outcome.reason).startswith("step 1 of episode 1, action {'amount': 1}: now answered by error VALIDATION")


def test_a_file_that_comes_to_another_failure_checks_nothing() -> None:
    (outcome,) = again("B008", {"word": "fail"}).outcomes
    assert str(outcome.reason).startswith(
        "step 1 of episode 1, action {'word': 'fail'}: now answered by error EXECUTION"
    )


def test_a_schema_that_refuses_what_was_at_fault_mends_it() -> None:
    assert [one.status for one in again("B014", {"word": 1}).outcomes] == [Status.PASSED]
    assert [one.status for one in again("B014", {"no_such_field_": 1}, {"word": "a"}).outcomes] == [Status.PASSED]


def test_a_check_that_cannot_judge_a_file_does_not_pass() -> None:
    (outcome,) = again("B005").outcomes
    assert outcome.status is Status.NOT_CHECKED


def test_the_first_reset_is_played_again_as_well() -> None:
    class Broken(Counter):
        """Cannot be reset."""

        def reset(self, seed: int | None = None, episode_id: str | None = None) -> CountObservation:
            raise OSError("no data")

    finding = only_finding(validate(Broken, Options(select=["B001"])))
    assert finding.replay == Replay("B001", (Script((Request("reset", {}),)),))
    assert only_finding(validate(Broken, Options(replay=finding.replay))).message == finding.message
