"""Payloads and models."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from openenv.client.codec import Codec
from openenv.errors import InvalidResultError, RequestValidationError
from openenv.protocol import Dialect
from openenv.protocol.results import encode_observation
from openenv.types import Action, Observation, State


class Plain(Observation):
    text: str = ""
    numbers: list[float] = []


class Picky(Observation):
    """Looks at what travels beside it, so that it has to be validated as a whole."""

    reward: Annotated[float, Field(ge=0)]
    text: str = ""

    @model_validator(mode="after")
    def ends_with_a_word(self) -> Picky:
        if self.done and not self.text:
            raise ValueError("the end needs a word")
        return self


class Watched(Observation):
    text: str = ""

    @field_validator("metadata")
    @classmethod
    def small(cls, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) > 2:
            raise ValueError("too much")
        return value


class Own(Observation):
    """Declares ``truncated`` for itself, as something else."""

    truncated: str = "no"  # type: ignore[assignment]


class Exact(Observation):
    model_config = ConfigDict(strict=True, ser_json_bytes="base64", val_json_bytes="base64")

    image: bytes
    when: dt.date
    pair: tuple[int, int]


class ExactAndPicky(Exact):
    @model_validator(mode="after")
    def nothing(self) -> ExactAndPicky:
        return self


FINITE = st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5))
REWARDS = st.none() | st.integers(-9, 9) | FINITE


@given(
    kind=st.sampled_from([Plain, Watched]),
    dialect=st.sampled_from(list(Dialect)),
    reward=REWARDS,
    metadata=WORDS.filter(lambda words: len(words) <= 1),
    done=st.booleans(),
    truncated=st.booleans(),
)
def test_what_a_server_writes_is_read_as_it_was(
    kind: type[Any], dialect: Dialect, reward: Any, metadata: dict[str, Any], done: bool, truncated: bool
) -> None:
    given_ = kind(text="hi", reward=reward, metadata=metadata, done=done, truncated=truncated)
    body, ended = encode_observation(given_, dialect)
    result = Codec(kind, State).read_result(body.encode())
    assert result.observation.text == "hi"
    assert (result.reward, result.observation.reward) == (reward, reward)
    assert result.done is result.observation.done is ended is (done or truncated)
    assert result.truncated is result.observation.truncated is truncated
    shown = {**metadata, "truncated": True} if dialect is Dialect.V1 and truncated else metadata
    assert result.metadata == result.info == result.observation.metadata == shown


def test_a_class_that_looks_beside_itself_is_validated_as_a_whole() -> None:
    read = Codec(Picky, State).read_result
    assert read(b'{"observation":{"text":"bye"},"reward":1,"done":true}').observation.done
    for body in (b'{"observation":{},"reward":1,"done":true}', b'{"observation":{},"reward":-1,"done":false}'):
        with pytest.raises(InvalidResultError, match="does not fit Picky"):
            read(body)


def test_validators_of_what_travels_beside_run() -> None:
    with pytest.raises(InvalidResultError, match="metadata"):
        Codec(Watched, State).read_result(b'{"observation":{},"metadata":{"a":1,"b":2,"c":3}}')


def test_a_class_may_use_the_names_for_itself() -> None:
    result = Codec(Own, State).read_result(b'{"observation":{"truncated":"a bit"},"done":false,"truncated":true}')
    assert result.truncated
    assert result.observation.truncated == "a bit"


@pytest.mark.parametrize("kind", [Exact, ExactAndPicky])
def test_values_that_json_spells_otherwise_come_back(kind: type[Exact]) -> None:
    given_ = kind(image=b"\x00\xff", when=dt.date(2030, 1, 2), pair=(1, 2))
    body, _ = encode_observation(given_, Dialect.V2)
    read = Codec(kind, State).read_result(body.encode()).observation
    assert (read.image, read.when, read.pair) == (given_.image, given_.when, given_.pair)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"[]", "not an object"),
        (b"{", "not JSON"),
        (b'{"observation":{"text":5}}', "text"),
        (b'{"observation":{"colour":"red"}}', "colour"),
        (b'{"observation":{}},"id":3', "not JSON"),
    ],
)
def test_a_reply_that_does_not_fit_is_a_typed_error(body: bytes, words: str) -> None:
    with pytest.raises(InvalidResultError, match=words):
        Codec(Plain, State).read_result(body)


def test_the_problems_of_a_reply_are_listed() -> None:
    with pytest.raises(InvalidResultError) as caught:
        Codec(Plain, State).read_result(b'{"observation":{"text":5,"numbers":"x"}}')
    assert [problem["loc"] for problem in caught.value.data["errors"]] == [("text",), ("numbers",)]


def test_without_a_class_an_observation_is_a_dict_without_what_travels_beside() -> None:
    for body in (
        b'{"observation":{"a":1,"metadata":{"k":2}},"reward":3,"done":true,"metadata":{"k":2}}',
        b'{"observation":{"a":1},"reward":3,"done":true,"terminated":true,"truncated":false,"metadata":{"k":2}}',
    ):
        result = Codec(dict, State).read_result(body)
        assert result.observation == {"a": 1}
        assert (result.reward, result.terminated, result.metadata) == (3, True, {"k": 2})


def test_what_a_server_leaves_empty_is_read_too() -> None:
    result = Codec(Plain, State).read_result(b'{"observation":null,"reward":2,"done":null,"metadata":null}')
    assert (result.observation.text, result.reward, result.done, result.metadata) == ("", 2, False, {})


def test_states_are_read_into_their_class() -> None:
    class Board(State):
        board: list[int]

    state = Codec(Plain, Board).read_state(b'{"episode_id":"e","step_count":2,"board":[1],"extra":true}')
    assert (state.board, state.step_count, state.extra) == ([1], 2, True)
    assert Codec(Plain, dict).read_state(b'{"a":1}') == {"a": 1}
    with pytest.raises(InvalidResultError, match="Board"):
        Codec(Plain, Board).read_state(b"{}")


def test_v2_payloads_are_laid_out_as_deployed_ones_for_hooks() -> None:
    observation = Plain(text="hi", reward=1.5, metadata={"k": 1}, truncated=True)
    deployed, ours = (json.loads(encode_observation(observation, dialect)[0]) for dialect in Dialect)
    assert Codec.as_deployed(ours) == deployed
    assert Codec.as_deployed(deployed) == deployed
    quiet = json.loads(encode_observation(Plain(), Dialect.V2)[0])
    assert Codec.as_deployed(quiet) == json.loads(encode_observation(Plain(), Dialect.V1)[0])


def test_actions_are_written_as_json() -> None:
    class Move(Action):
        x: int

    assert json.loads(Codec.write(Move(x=1))) == {"metadata": {}, "x": 1}
    assert json.loads(Codec.write({"x": 1})) == {"x": 1}
    assert Codec.read_object(Codec.write({"nested": [1, {"two": None}]}).encode()) == {"nested": [1, {"two": None}]}


def test_what_cannot_be_json_is_refused_before_it_is_sent() -> None:
    class Odd(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        thing: Any

    for value in (object(), {"x": object()}, Odd(thing=object())):
        with pytest.raises(RequestValidationError):
            Codec.write(value)
