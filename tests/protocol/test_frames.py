"""Requests: what is written is read again, and what is wrong gets a typed error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, field_validator, model_validator

from openenv.errors import InvalidJSONError, OpenEnvError, RequestValidationError, UnknownTypeError
from openenv.protocol import MAX_SEED, Dialect
from openenv.protocol.faults import error_body
from openenv.protocol.frames import FrameDecoder, Reply, Request, greeting_frame, reply_frame, request_frame
from openenv.types import Action


class Move(Action):
    """All kinds of fields."""

    message: str = ""
    amount: int = 0
    weight: float = Field(default=0.0, allow_inf_nan=False)
    parts: list[dict[str, int | None]] = Field(default_factory=list)


DECODERS = {dialect: FrameDecoder(dialect, Move) for dialect in Dialect}

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(1, 2**63 - 1)
limits = st.none() | st.floats(min_value=1e-3, max_value=1e6)
scalars = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(scalars | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8)
moves = st.builds(
    Move,
    message=texts,
    amount=st.integers(),
    weight=st.floats(allow_nan=False, allow_infinity=False),
    parts=st.lists(st.dictionaries(texts, st.none() | st.integers())),
    metadata=st.dictionaries(texts, values),
)
options = st.dictionaries(texts.filter(lambda name: name not in ("seed", "episode_id")), values)


def numbered(dialect: Dialect, number: int, timeout_s: float | None) -> dict[str, Any]:
    return {"number": number, "timeout_s": timeout_s} if dialect is Dialect.V2 else {"number": None}


@pytest.mark.parametrize("dialect", Dialect)
@given(move=moves, number=numbers, timeout_s=limits)
def test_a_step_is_read_as_it_was_written(dialect: Dialect, move: Move, number: int, timeout_s: float | None) -> None:
    text = request_frame("step", data=move.model_dump_json(), **numbered(dialect, number, timeout_s))

    request = DECODERS[dialect].decode(text)

    assert (request.kind, request.data, request.raw) == ("step", move, text)
    if dialect is Dialect.V2:
        assert (request.id, request.timeout_s) == (number, timeout_s)


@pytest.mark.parametrize("dialect", Dialect)
@given(options=options, seed=st.none() | st.integers(0, MAX_SEED), name=st.none() | texts, number=numbers)
def test_a_reset_is_read_as_it_was_written(
    dialect: Dialect, options: dict[str, Any], seed: int | None, name: str | None, number: int
) -> None:
    given = {**options, "seed": seed, "episode_id": name and name[:255]}

    request = DECODERS[dialect].decode(
        request_frame("reset", data=json.dumps(given, ensure_ascii=False), **numbered(dialect, number, None))
    )

    assert (request.kind, request.data) == ("reset", given)


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("kind", ["reset", "state", "close"])
@given(number=numbers, timeout_s=limits)
def test_frames_without_data_are_read(dialect: Dialect, kind: str, number: int, timeout_s: float | None) -> None:
    request = DECODERS[dialect].decode(request_frame(kind, data=None, **numbered(dialect, number, timeout_s)))

    assert (request.kind, request.data) == (kind, None)


@given(session_id=texts, token=texts, wait_s=st.floats(0, 1e9))
def test_openings_and_resumptions_are_read_as_they_were_written(session_id: str, token: str, wait_s: float) -> None:
    decode = DECODERS[Dialect.V2].decode
    credentials = {"session_id": session_id, "session_token": token}

    assert decode(greeting_frame("open", {"wait_s": wait_s})) == Request(
        "open", {"wait_s": wait_s}, raw=greeting_frame("open", {"wait_s": wait_s})
    )
    assert decode(greeting_frame("resume", credentials)).data == credentials


@given(kind=st.sampled_from(["observation", "state", "error"]), body=values, number=st.none() | numbers)
def test_replies_carry_kind_id_and_body(kind: str, body: Any, number: int | None) -> None:
    reply = Reply(kind, json.dumps(body))

    assert json.loads(reply_frame(reply, Dialect.V2, number)) == {"type": kind, "id": number, "data": body}
    assert json.loads(reply_frame(reply, Dialect.V1)) == {"type": kind, "data": body}


@pytest.mark.parametrize("dialect", Dialect)
@given(text=st.text() | values.map(json.dumps))
def test_whatever_comes_is_a_request_or_a_typed_error_that_can_be_sent(dialect: Dialect, text: str) -> None:
    request = DECODERS[dialect].decode(text)

    if request.kind == "invalid":
        assert json.loads(error_body(request.data)).keys() >= {"code", "message"}


def step_with(data: str, number: int | None = 1) -> str:
    return request_frame("step", number, data)


DEEP = '{"x": ' + "[" * 160 + "1" + "]" * 160 + "}"

REFUSED: dict[str, tuple[str, type[OpenEnvError]]] = {
    "nothing": ("", InvalidJSONError),
    "broken JSON": ("{", InvalidJSONError),
    "an unfinished string": ('{"type": "st', InvalidJSONError),
    "half a character": ('{"type": "step", "id": 1, "data": {"message": "\\ud83d"}}', InvalidJSONError),
    "half a character in a type": ('{"type": "\\ud83d", "id": 1}', InvalidJSONError),
    "10,000 arrays": ("[" * 10_000 + "]" * 10_000, InvalidJSONError),
    "10,000 objects in an action": (
        step_with('{"a": ' * 10_000 + "1" + "}" * 10_000),
        InvalidJSONError,
    ),
    "300 objects in an action": (
        step_with('{"metadata": ' * 300 + "1" + "}" * 300),
        InvalidJSONError,
    ),
    "a number of 5,000 digits": (step_with("9" * 5_000), InvalidJSONError),
    "an array": ("[1, 2]", RequestValidationError),
    "a string": ('"reset"', RequestValidationError),
    "a number": ("5", RequestValidationError),
    "null": ("null", RequestValidationError),
    "an empty object": ("{}", UnknownTypeError),
    "an unknown type": ('{"type": "jump", "id": 1}', UnknownTypeError),
    "a type that is no text": ('{"type": ["step"], "id": 1}', UnknownTypeError),
}


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_a_bad_frame_gets_a_typed_error(dialect: Dialect, text: str, expected: type[OpenEnvError]) -> None:
    request = DECODERS[dialect].decode(text)

    assert request.kind == "invalid"
    assert type(request.data) is expected
    assert json.loads(error_body(request.data))["code"] == expected.code


REFUSED_IN_V2 = {
    "an unknown key": '{"type": "state", "id": 7, "depth": 1}',
    "data for a state": '{"type": "state", "id": 7, "data": {"all": true}}',
    "a step without an action": '{"type": "step", "id": 7}',
    "an action of the wrong type": '{"type": "step", "id": 7, "data": {"amount": "much"}}',
    "an action with an unknown field": '{"type": "step", "id": 7, "data": {"jump": 1}}',
    "an action that is an array": '{"type": "step", "id": 7, "data": []}',
    "a negative seed": '{"type": "reset", "id": 7, "data": {"seed": -1}}',
    "too large a seed": '{"type": "reset", "id": 7, "data": {"seed": 4294967296}}',
    "a seed that is a text": '{"type": "reset", "id": 7, "data": {"seed": "3"}}',
    "a seed that is a boolean": '{"type": "reset", "id": 7, "data": {"seed": true}}',
    "a limit that is a text": '{"type": "state", "id": 7, "timeout_s": "2"}',
    "too long an episode's name": request_frame("reset", 7, json.dumps({"episode_id": "x" * 256})),
    "a limit of nothing": '{"type": "state", "id": 7, "timeout_s": 0}',
    "a limit that is not finite": '{"type": "state", "id": 7, "timeout_s": NaN}',
    "160 levels in an unknown field": step_with(DEEP, 7),
}


@pytest.mark.parametrize("text", REFUSED_IN_V2.values(), ids=REFUSED_IN_V2)
def test_a_refused_request_keeps_its_id_in_v2(text: str) -> None:
    request = DECODERS[Dialect.V2].decode(text)

    assert (request.kind, request.id) == ("invalid", 7)
    assert isinstance(request.data, RequestValidationError)
    problem = json.loads(error_body(request.data))["errors"][0]
    assert problem.keys() == {"type", "loc", "msg"}


@pytest.mark.parametrize("number", ["0", "-1", "1.0", "true", '"1"', "null", str(2**63), "[1]"])
def test_an_id_that_cannot_be_used_is_not_given_back(number: str) -> None:
    request = DECODERS[Dialect.V2].decode(f'{{"type": "state", "id": {number}}}')

    assert (request.kind, request.id) == ("invalid", None)


def test_a_frame_without_an_id_is_refused_in_v2() -> None:
    assert DECODERS[Dialect.V2].decode('{"type": "state"}').kind == "invalid"


@pytest.mark.parametrize("kind", ["open", "resume"])
def test_v1_knows_no_openings(kind: str) -> None:
    assert isinstance(DECODERS[Dialect.V1].decode(request_frame(kind, None, None)).data, UnknownTypeError)


@pytest.mark.parametrize(
    "text",
    [step_with(DEEP, None), step_with('{"x": NaN}', None)],
    ids=["160 levels", "NaN"],
)
def test_v1_gives_back_what_it_refuses(text: str) -> None:
    body = json.loads(error_body(DECODERS[Dialect.V1].decode(text).data))

    assert body["message"] == "Invalid message"
    assert body["errors"][0]["loc"] == ["x"]
    assert "input" in body["errors"][0]


class Odd(Exception):
    """Nothing that pydantic knows."""


def raising(error: BaseException) -> type[Action]:
    class Spiteful(Action):
        level: int = 0
        name: str = ""

        @field_validator("name")
        @classmethod
        def refuse(cls, value: str) -> str:
            raise error

        @model_validator(mode="after")
        def refuse_all(self) -> Any:
            if self.level:
                raise error
            return self

    return Spiteful


ODD_EXCEPTIONS = [
    ValueError("no"),
    AssertionError("no"),
    TypeError("no"),
    KeyError("no"),
    RecursionError("too deep"),
    Odd("no"),
    MemoryError(),
    SystemExit(1),
    KeyboardInterrupt(),
    ValueError("\ud83d"),
]


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("error", ODD_EXCEPTIONS, ids=repr)
@pytest.mark.parametrize("action", ['{"name": "x"}', '{"level": 1}'])
def test_validators_of_a_model_may_raise_anything(dialect: Dialect, error: BaseException, action: str) -> None:
    decoder = FrameDecoder(dialect, raising(error))
    request = decoder.decode(request_frame("step", 3 if dialect is Dialect.V2 else None, action))

    assert (request.kind, request.id) == ("invalid", 3 if dialect is Dialect.V2 else None)
    assert isinstance(request.data, RequestValidationError)
    json.loads(error_body(request.data))


def test_a_limit_is_a_float_also_where_the_frame_had_to_be_looked_at_twice() -> None:
    class Fussy(Action):
        tries: list[int] = []

        @model_validator(mode="after")
        def refuse_once(self) -> Any:
            tries.append(1)
            if len(tries) == 1:
                raise Odd
            return self

    tries: list[int] = []
    request = FrameDecoder(Dialect.V2, Fussy).decode('{"type": "step", "id": 1, "timeout_s": 2, "data": {}}')

    assert (request.kind, request.timeout_s, type(request.timeout_s)) == ("step", 2.0, float)
