"""Checks of what an environment did, on recordings that are made up: no server, no socket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openenv.validation.check import NotChecked, ProbeError, registered
from openenv.validation.play.recording import Episode, Recording, Turn
from openenv.validation.schemas import Schemas
from openenv.validation.serving.wire import Frame

NUMBER = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}
STATE_SCHEMA = {
    "type": "object",
    "properties": {"episode_id": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "step_count": {"type": "integer"}},
}
SCHEMAS = Schemas(action={"type": "object"}, observation=NUMBER, state=STATE_SCHEMA, reset_observation=NUMBER)


def frame(kind: str, **data: Any) -> Frame:
    return Frame(kind, data, {"type": kind, "data": data})


def result(**data: Any) -> Frame:
    healthy = {"observation": {"total": 1}, "reward": 1.0, "done": False, "terminated": False, "truncated": False}
    return frame("observation", **{**healthy, **data})


def state(step_count: Any, episode_id: Any = "first", **more: Any) -> Frame:
    return frame("state", step_count=step_count, episode_id=episode_id, **more)


def turn(number: int, answer: Frame | None = None, after: Frame | None = None, **more: Any) -> Turn:
    return Turn(number, {"a": number}, answer or result(), state=after or state(number), **more)


def error(code: str) -> Frame:
    return frame("error", code=code, message="words")


FIRST = Episode(result(reward=None), state(0), (turn(1), turn(2)))
SECOND = Episode(result(reward=None), state(0, "second"), (turn(1, after=state(1, "second")),))
HEALTHY = Recording(SCHEMAS, (FIRST, SECOND))
IDS = [id_ for id_, one in registered().items() if one.stage.value == "recording"]


def first(**changes: Any) -> Recording:
    return replace(HEALTHY, episodes=(replace(FIRST, **changes), SECOND))


def stepped(*turns: Turn) -> Recording:
    return first(turns=turns)


def messages(id_: str, recording: Recording) -> list[str]:
    return [f"{finding.where}: {finding.message}" for finding in registered()[id_].function(recording) or ()]


UNANSWERED = replace(turn(2), answer=None, state=None, trouble=ProbeError("step was not answered within 1 s"))
UNCLEAR_END = "done is not terminated or truncated: {'done': False, 'terminated': False, 'truncated': True}"
SPOILT: list[tuple[str, Recording, list[str]]] = [
    ("B002", stepped(turn(1), UNANSWERED), ["step 2, action {'a': 2}: step was not answered within 1 s"]),
    (
        "B002",
        stepped(turn(1, error("INVALID_RESULT"))),
        ["step 1, action {'a': 1}: answered by error INVALID_RESULT: words"],
    ),
    (
        "B003",
        stepped(turn(1, error("VALIDATION_ERROR"))),
        ["step 1, action {'a': 1}: refused by error VALIDATION_ERROR: words"],
    ),
    ("B004", first(reset=result(observation={})), ["reset 1: the whole value: 'total' is a required property"]),
    (
        "B004",
        stepped(turn(1, result(observation={"total": "one"}))),
        ["step 1 of episode 1: total: 'one' is not of type 'number'"],
    ),
    ("B004", stepped(turn(1, result(observation=[1]))), ["step 1 of episode 1: 'observation' is [1], not an object"]),
    ("B005", stepped(turn(1, result(reward=float("nan")))), ["step 1 of episode 1: the reward is nan"]),
    ("B005", stepped(turn(1, result(reward=float("-inf")))), ["step 1 of episode 1: the reward is -inf"]),
    ("B005", stepped(turn(1, result(reward="1.0"))), ["step 1 of episode 1: the reward is 1.0"]),
    ("B006", first(reset=result(done=True, terminated=True)), ["reset 1: the episode is over as it begins"]),
    ("B006", stepped(turn(1, result(done="no"))), ["step 1 of episode 1: 'done' is no, not a truth value"]),
    ("B006", stepped(turn(1, result(truncated=True))), [f"step 1 of episode 1: {UNCLEAR_END}"]),
    ("B007", first(state=error("EXECUTION_ERROR")), ["reset 1: state was answered by error EXECUTION_ERROR: words"]),
    ("B007", stepped(turn(1, after=state("1"))), ["step 1 of episode 1: step_count: '1' is not of type 'integer'"]),
    ("B008", first(state=state(3)), ["episode 1: step_count is 3 after reset"]),
    (
        "B008",
        replace(HEALTHY, episodes=(replace(FIRST, state=state(3)), replace(SECOND, state=state(5)))),
        ["episode 1: step_count is 3 after reset"],
    ),
    ("B008", stepped(turn(1), turn(2, after=state(1))), ["episode 1: step_count is 1 after step 2, not 2"]),
    (
        "B008",
        stepped(turn(1, error("INVALID_ACTION"), state(1))),
        ["episode 1: step_count is 1 after refused step 1, not 0"],
    ),
    ("B009", first(state=state(0, None), turns=()), ["episode 1: episode_id is None"]),
    ("B009", stepped(turn(1, after=state(1, "other"))), ["episode 1: episode_id changes from first to other"]),
    ("B009", replace(HEALTHY, episodes=(FIRST, FIRST)), ["episode 2: episode 1 has the name first too"]),
    ("B009", replace(HEALTHY, episodes=(FIRST, SECOND, SECOND)), ["episode 3: episode 2 has the name second too"]),
]
"""Which check finds it, what happened, and what is said."""


@pytest.mark.parametrize("id_", IDS)
def test_nothing_is_found_in_healthy_episodes(id_: str) -> None:
    assert messages(id_, HEALTHY) == []


@pytest.mark.parametrize(("id_", "recording", "said"), SPOILT)
def test_what_went_wrong_is_found(id_: str, recording: Recording, said: list[str]) -> None:
    assert messages(id_, recording) == said


def test_refused_actions_are_no_fault_of_the_environment() -> None:
    refused = stepped(turn(1, error("INVALID_ACTION"), state(0)))
    assert messages("B002", refused) == messages("B003", refused) == messages("B008", refused) == []


def test_after_a_failure_steps_are_not_counted_on() -> None:
    assert messages("B008", stepped(turn(1, error("EXECUTION_ERROR"), state(7)), turn(2, after=state(9)))) == []


def test_words_for_numbers_that_are_not_finite_fit_where_a_number_is_asked_for() -> None:
    assert messages("B004", stepped(turn(1, result(observation={"total": "NaN"})))) == []


def test_what_travels_beside_an_observation_counts_as_part_of_it() -> None:
    schema = {**NUMBER, "required": ["total", "reward", "done"]}
    schemas = replace(SCHEMAS, observation=schema, reset_observation=schema)
    assert messages("B004", replace(HEALTHY, schemas=schemas)) == []


def test_v1_results_which_lack_the_new_flags_are_complete() -> None:
    old = frame("observation", observation={"total": 1}, reward=1.0, done=True)
    assert messages("B006", stepped(turn(1, old))) == []


@pytest.mark.parametrize(
    ("id_", "recording", "reason"),
    [
        ("B002", replace(HEALTHY, no_action="a pattern"), "no action could be made from the schema: a pattern"),
        (
            "B002",
            Recording(SCHEMAS, (replace(FIRST, turns=()),)),
            "no episode came to its first step",
        ),
        (
            "B005",
            Recording(SCHEMAS, (replace(FIRST, turns=(turn(1, error("INVALID_ACTION"), state(0)),)),)),
            "no step was taken: every action that was made was refused",
        ),
    ],
)
def test_what_did_not_happen_is_not_checked(id_: str, recording: Recording, reason: str) -> None:
    with pytest.raises(NotChecked, match=reason):
        messages(id_, recording)
