"""Errors: what is raised on one side is raised again, as the same class, on the other."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from openenv.errors import (
    BY_CODE,
    EnvironmentFault,
    EnvironmentTraceback,
    ExecutionError,
    InvalidActionError,
    OpenEnvError,
    SessionError,
)
from openenv.protocol import Dialect
from openenv.protocol.faults import error_body, error_from_wire, field_by_field
from openenv.protocol.frames import FrameDecoder
from openenv.types import Action, Observation

CODES = [
    *("INVALID_JSON", "UNKNOWN_TYPE", "VALIDATION_ERROR", "EXECUTION_ERROR", "CAPACITY_REACHED", "FACTORY_ERROR"),
    *("SESSION_ERROR", "INVALID_ACTION", "RESET_REQUIRED", "BUSY", "STALE_REQUEST", "OUT_OF_ORDER", "ID_REUSED"),
    *("SESSION_NOT_FOUND", "SESSION_EXPIRED", "TIMEOUT", "ENVIRONMENT_CRASHED", "INVALID_RESULT", "DRAINING"),
    *("UNAUTHORIZED", "UNKNOWN_ROUTE"),
]

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=6,
)
facts = st.dictionaries(texts.filter(lambda name: name not in ("code", "message", "detail")), values)


def test_every_code_of_the_protocol_has_a_class() -> None:
    assert BY_CODE.keys() == set(CODES)


@given(code=st.sampled_from(CODES), message=texts, data=facts)
def test_an_error_arrives_as_the_class_it_was_raised_as(code: str, message: str, data: dict[str, Any]) -> None:
    error = BY_CODE[code](message, data)

    read = error_from_wire(json.loads(error_body(error)))

    assert type(read) is type(error)
    assert (read.message, read.data, read.code) == (message, data, code)
    assert isinstance(read, (RuntimeError, ConnectionError, TimeoutError))


@pytest.mark.parametrize("code", CODES)
def test_an_http_body_is_read_with_its_detail(code: str) -> None:
    body = {"code": code, "message": "no", "detail": {"limit": 3}, "correlation_id": "abc"}

    read = error_from_wire(body)

    assert type(read) is BY_CODE[code]
    assert read.data == {"limit": 3, "correlation_id": "abc"}


def test_a_fault_raised_by_an_author_arrives_as_an_execution_error() -> None:
    read = error_from_wire(json.loads(error_body(EnvironmentFault("the disk is full", {"free": 0}))))

    assert (type(read), read.message, read.data) == (ExecutionError, "the disk is full", {"free": 0})


@pytest.mark.parametrize("body", [{}, {"code": None}, {"code": "NEW", "message": "x"}, {"code": ["BUSY"]}])
def test_an_unknown_error_is_an_execution_error(body: dict[str, Any]) -> None:
    assert type(error_from_wire(body)) is ExecutionError


def test_an_error_without_a_code_is_a_session_error_on_the_wire() -> None:
    assert json.loads(error_body(OpenEnvError("x")))["code"] == SessionError.code


def test_facts_never_replace_code_and_message() -> None:
    body = json.loads(error_body(InvalidActionError("no", {"code": "BUSY", "message": "yes", "legal": [1]})))

    assert body == {"message": "no", "code": "INVALID_ACTION", "legal": [1]}


def circle() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


class Mute:
    def __repr__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    "data",
    [{"a": object()}, {"a": circle()}, {"a": "\ud83d"}, {"\ud83d": 1}, {"a": math.nan}, {"a": Mute()}, {1: 2}],
    ids=["object", "circle", "half a character", "half a character as key", "NaN", "mute", "number as key"],
)
def test_an_error_with_facts_that_json_does_not_know_can_be_sent(data: Any) -> None:
    body = json.loads(error_body(InvalidActionError("half: \ud83d", data)))

    assert (body["code"], body["message"]) == ("INVALID_ACTION", "half: \\ud83d")


def test_the_traceback_that_a_server_tells_is_the_cause_of_the_error() -> None:
    error = error_from_wire({"code": "EXECUTION_ERROR", "message": "KeyError: 'k'", "traceback": "File one, line 2\n"})

    assert isinstance(error.__cause__, EnvironmentTraceback)
    assert str(error.__cause__) == "\nFile one, line 2"


class Speak(Action):
    message: str
    volume: int = 1


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"massage": "hi"}, "massage: Extra inputs are not permitted; did you mean 'message'? (and 1 more)"),
        ({"message": "hi", "Volume": 3}, "Volume: Extra inputs are not permitted; did you mean 'volume'?"),
        ({"message": "hi", "colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"volume": 1}, "message: Field required"),
    ],
)
def test_a_misspelt_field_of_an_action_is_told_what_was_meant(action: dict[str, Any], words: str) -> None:
    frame = {"type": "step", "id": 1, "data": action}
    refused = FrameDecoder(Dialect.V2, Speak).decode(json.dumps(frame)).data
    assert refused.message == f"invalid action: {words}"


class Part(BaseModel):
    name: str


class Seen(Observation):
    size: int
    part: Part | None = None
    either: bool | str = ""


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"size": 1, "reward": "good"}, "reward: 'good' is no number"),
        ({"length": 1}, "size: missing; length: no such field"),
        ({"size": 1, "part": {}}, "part.name: missing"),
        ({"size": 1, "part": {"name": 2}}, "part.name: Input should be a valid string, not 2"),
        ({"size": 1, "either": 2.5}, "either: 2.5 is no truth value or text"),
        ({"size": "x" * 100}, "unable to parse string as an integer, not 'xxxxx"),
    ],
)
def test_what_a_model_does_not_take_is_told_field_by_field(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Seen(**fields)
    told = field_by_field(refusal.value)
    assert told.startswith("Seen: ")
    assert said in told
    assert len(told) < 200
