"""Results: what an environment returns arrives as it was, or not at all."""

from __future__ import annotations

import enum
import json
import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_serializer
from pydantic_core import from_json

from openenv.errors import InvalidResultError
from openenv.protocol import Dialect
from openenv.protocol.results import encode_observation, encode_state, read_result
from openenv.types import Observation, State


class Point(BaseModel):
    x: int
    y: float = Field(default=0.0, allow_inf_nan=False)
    label: str | None = None


class Board(Observation):
    """All kinds of fields, some of which may be unbounded."""

    text: str = ""
    count: int = 0
    point: Point | None = None
    points: dict[str, Point] = Field(default_factory=dict)
    grid: list[list[int]] = Field(default_factory=list)
    anything: Any = None
    score: float = Field(default=0.0, allow_inf_nan=True)
    scores: list[float] = Field(default_factory=list)
    bounds: dict[str, tuple[float, float]] = Field(default_factory=dict)


class Unbounded(Observation):
    """Declares which numbers may be infinite."""

    score: float = Field(default=0.0, allow_inf_nan=True)
    scores: list[float | None] = Field(default_factory=list, json_schema_extra={"unit": "m"})
    table: dict[str, list[Any]] = Field(default_factory=dict)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
rewards = st.none() | st.booleans() | st.integers(-(10**300), 10**300) | finite
scalars = st.none() | st.booleans() | st.integers(-(10**300), 10**300) | finite | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8)
points = st.builds(Point, x=st.integers(), y=finite, label=st.none() | texts)
boards = st.builds(
    Board,
    text=texts,
    count=st.integers(-(10**300), 10**300),
    point=st.none() | points,
    points=st.dictionaries(texts, points, max_size=3),
    grid=st.lists(st.lists(st.integers(), max_size=3), max_size=3),
    anything=values,
    score=finite,
    reward=rewards,
    metadata=st.dictionaries(texts.filter(lambda name: name != "truncated"), values, max_size=3),
    done=st.booleans(),
    terminated=st.none() | st.booleans(),
    truncated=st.booleans(),
)


@given(board=boards)
def test_v2_carries_an_observation_unchanged(board: Board) -> None:
    body, done = encode_observation(board, Dialect.V2)
    data = from_json(body)
    result = read_result(data, Board)

    assert data.keys() == {"observation", "reward", "done", "terminated", "truncated", "metadata"}
    assert not data["observation"].keys() & {"reward", "done", "terminated", "truncated", "metadata"}
    assert result.observation.model_dump() == board.model_dump(exclude={"done"}) | {"done": done}
    assert (result.reward, result.metadata) == (board.reward, board.metadata)
    assert result.done is done is (result.terminated or result.truncated)
    assert done == (board.done or bool(board.terminated) or board.truncated)
    assert result.truncated == result.observation.truncated == board.truncated
    assert result.terminated == result.observation.terminated


@given(board=boards)
def test_v1_carries_an_observation_and_says_truncated_in_its_metadata(board: Board) -> None:
    body, done = encode_observation(board, Dialect.V1)
    data = from_json(body)
    result = read_result(data, Board)

    expected = {**board.metadata, **({"truncated": True} if board.truncated else {})}
    assert "truncated" not in data
    assert "truncated" not in data["observation"]
    assert data["observation"]["metadata"] == expected
    assert data.get("metadata", {}) == expected
    assert result.observation.model_dump(exclude={"metadata"}) == board.model_dump(exclude={"done", "metadata"}) | {
        "done": done
    }
    assert result.truncated == board.truncated
    assert result.done is done


@pytest.mark.parametrize(
    ("flags", "terminated", "truncated"),
    [
        ({}, False, False),
        ({"done": True}, True, False),
        ({"terminated": True}, True, False),
        ({"truncated": True}, False, True),
        ({"done": True, "truncated": True}, False, True),
        ({"terminated": True, "truncated": True}, True, True),
        ({"done": True, "terminated": False}, True, False),
        ({"done": True, "terminated": False, "truncated": True}, False, True),
        ({"done": False, "terminated": True}, True, False),
    ],
)
def test_an_episode_ends_for_the_reasons_it_gives(flags: dict[str, bool], terminated: bool, truncated: bool) -> None:
    body, done = encode_observation(Board(**flags), Dialect.V2)  # type: ignore[arg-type]
    data = json.loads(body)

    assert (data["terminated"], data["truncated"], data["done"]) == (terminated, truncated, terminated or truncated)
    assert done is data["done"]


def test_a_class_with_ends_of_its_own_keeps_them_inside_the_observation() -> None:
    class Gym(Observation):
        terminated: bool = False  # type: ignore[assignment]
        truncated: bool = False

    data = json.loads(encode_observation(Gym(truncated=True), Dialect.V2)[0])
    assert data["observation"] == {"terminated": False, "truncated": True}
    assert (data["done"], data["truncated"]) == (False, False)
    assert read_result(data, Gym).observation.truncated is True


NOT_FINITE = [math.nan, math.inf, -math.inf]
SPELLED = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("number", NOT_FINITE)
@pytest.mark.parametrize("call", ["reset", "step"])
def test_a_reward_that_is_not_finite_is_an_invalid_result(dialect: Dialect, number: float, call: str) -> None:
    with pytest.raises(InvalidResultError, match=f"{call} returned a reward of"):
        encode_observation(Board(reward=number), dialect, call)


class Sensor(BaseModel):
    value: float = 0.0
    readings: list[float] = Field(default_factory=list)


@dataclass
class Reading:
    value: float


PLACES = {
    "a field": lambda bad: Board(scores=[1.0, bad]),
    "a tuple in a mapping": lambda bad: Board(bounds={"x": (0.0, bad)}),
    "an untyped field": lambda bad: Board(anything={"a": [bad]}),
    "a model in an untyped field": lambda bad: Board(anything=[Sensor(value=bad)]),
    "a dataclass in an untyped field": lambda bad: Board(anything=Reading(bad)),
    "the metadata": lambda bad: Board(metadata={"a": {"b": bad}}),
    "a model in the metadata": lambda bad: Board(metadata={"sensor": Sensor(readings=[bad])}),
    "a dataclass in the metadata": lambda bad: Board(metadata={"reading": Reading(bad)}),
}


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("number", NOT_FINITE)
@pytest.mark.parametrize("place", PLACES)
def test_numbers_that_are_not_finite_never_travel_silently(dialect: Dialect, number: float, place: str) -> None:
    with pytest.raises(InvalidResultError):
        encode_observation(PLACES[place](number), dialect)


@pytest.mark.parametrize("number", NOT_FINITE)
def test_a_field_may_allow_numbers_that_are_not_finite(number: float) -> None:
    data = json.loads(encode_observation(Board(score=number, text="null", point=None), Dialect.V2)[0])

    assert data["observation"]["score"] == SPELLED[str(number)]
    assert read_result(data, Board).observation.score == pytest.approx(number, nan_ok=True)


class Gauge(BaseModel):
    value: float = Field(default=0.0, allow_inf_nan=True)


class Gauges(Observation):
    """Uses one model twice, and itself: pydantic then refers to them by name."""

    left: Gauge = Field(default_factory=Gauge)
    right: Gauge = Field(default_factory=Gauge)
    level: float = Field(default=0.0, allow_inf_nan=True)
    limit: float = 0.0
    inner: list[Gauges] = Field(default_factory=list)


@pytest.mark.parametrize(
    "allowed",
    [
        lambda: Gauges(left=Gauge(value=math.inf)),
        lambda: Gauges(right=Gauge(value=math.inf)),
        lambda: Gauges(level=math.inf),
        lambda: Gauges(inner=[Gauges(level=math.inf)]),
    ],
)
def test_models_that_refer_to_each_other_may_allow_it_too(allowed: Any) -> None:
    observation = allowed()
    data = json.loads(encode_observation(observation, Dialect.V2)[0])

    assert read_result(data, Gauges).observation.model_dump() == observation.model_dump()
    with pytest.raises(InvalidResultError):
        encode_observation(Gauges(limit=math.inf), Dialect.V2)


def test_v1_writes_an_allowed_number_that_is_not_finite_as_null() -> None:
    data = json.loads(encode_observation(Board(score=math.nan), Dialect.V1)[0])

    assert data["observation"]["score"] is None


@pytest.mark.parametrize("word", ["null", '"NaN"', '"Infinity"', "NaN"])
def test_words_that_look_like_numbers_travel_as_words(word: str) -> None:
    board = Board(text=word, anything=[word, None], metadata={"said": word, "nothing": None})
    data = json.loads(encode_observation(board, Dialect.V2)[0])

    assert data["observation"]["text"] == word
    assert read_result(data, Board).observation.model_dump() == board.model_dump()


class Colour(enum.Enum):
    RED = "red"


class Grid:
    """Like an array: only its own serializer knows how to write it."""

    def __init__(self, cells: list[float]) -> None:
        self.cells = cells


class Odd(Observation):
    """Types of which only JSON's form can be written."""

    colour: Colour = Colour.RED
    when: datetime = datetime(2026, 1, 2, tzinfo=timezone.utc)
    where: Path = Path("/tmp")
    price: Decimal = Decimal("1.10")
    data: bytes = b"abc"
    tags: frozenset[str] = frozenset({"a"})
    grid: Any = None
    nothing: int | None = None

    @field_serializer("grid", when_used="json")
    def _cells(self, grid: Any) -> Any:
        return grid.cells if isinstance(grid, Grid) else grid


@pytest.mark.parametrize("dialect", Dialect)
def test_fields_are_written_as_their_model_writes_json(dialect: Dialect) -> None:
    odd = Odd(grid=Grid([1.0, 2.0]), metadata={"nothing": None, "path": Path("/tmp")})
    own = json.loads(encode_observation(odd, dialect)[0])["observation"]

    expected = odd.model_dump(mode="json", exclude={"reward", "done"})
    assert {**expected, **own} == expected


def test_a_number_that_is_not_finite_is_found_behind_a_serializer() -> None:
    with pytest.raises(InvalidResultError):
        encode_observation(Odd(grid=Grid([math.nan])), Dialect.V2)


def circular() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


UNSENDABLE = {
    "an object": lambda: Board(anything=object()),
    "a circle": lambda: Board(anything=circular()),
    "an object in the metadata": lambda: Board(metadata={"a": object()}),
    "a circle in the metadata": lambda: Board(metadata={"a": circular()}),
    "half a character": lambda: Board(text="\ud83d"),
    "half a character in the metadata": lambda: Board(metadata={"\ud83d": 1}),
    "bytes that are no text": lambda: Board(anything=b"\xff"),
    "a reward that is a text": lambda: Board.model_construct(reward="much"),
    "a reward that is an object": lambda: Board.model_construct(reward=object()),
    "metadata that is no mapping": lambda: Board.model_construct(metadata=[1]),
    "a dict": lambda: {"text": "x"},
    "nothing": lambda: None,
    "a state": State,
    "a class": lambda: Board,
}


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("make", UNSENDABLE.values(), ids=UNSENDABLE)
def test_what_cannot_be_sent_is_an_invalid_result(dialect: Dialect, make: Any) -> None:
    with pytest.raises(InvalidResultError):
        encode_observation(make(), dialect)


def test_an_observation_made_without_validation_is_sent_with_its_defaults() -> None:
    data = json.loads(encode_observation(Board.model_construct(text="x"), Dialect.V2)[0])

    assert (data["observation"]["text"], data["reward"], data["done"]) == ("x", None, False)


# States


@given(name=st.none() | texts, count=st.integers(0, 2**70), extra=st.dictionaries(texts.map("x_{}".format), values))
def test_a_state_travels_with_fields_of_its_own(name: str | None, count: int, extra: dict[str, Any]) -> None:
    state = State(episode_id=name, step_count=count, **extra)

    for dialect in Dialect:
        assert State.model_validate(from_json(encode_state(state, dialect))) == state


@pytest.mark.parametrize("state", [None, {}, {"a": 1}, OrderedDict(a=1)])
def test_a_state_may_be_nothing_or_a_mapping(state: Any) -> None:
    assert json.loads(encode_state(state, Dialect.V2)) == dict(state or {})


@pytest.mark.parametrize("state", [7, "x", [1], object(), State, {"a": object()}, {"a": math.nan}, State(a=math.inf)])
def test_a_state_of_another_kind_is_an_invalid_result(state: Any) -> None:
    with pytest.raises(InvalidResultError):
        encode_state(state, Dialect.V2)


# Reading


def test_what_stands_on_top_counts_before_what_stands_in_the_metadata() -> None:
    data = {"observation": {"metadata": {"a": 1}}, "metadata": {"a": 2}, "done": True, "truncated": False}

    result = read_result(data, Board)
    assert (result.metadata, result.terminated, result.truncated) == ({"a": 2}, True, False)


def test_truncation_is_read_from_the_metadata_of_an_old_server() -> None:
    result = read_result({"observation": {"metadata": {"truncated": True}}, "done": True}, Board)

    assert (result.terminated, result.truncated, result.done) == (False, True, True)


def test_what_is_missing_has_its_default() -> None:
    result = read_result({"observation": {}}, Board)

    assert (result.reward, result.done, result.metadata, result.truncated) == (None, False, {}, False)
    assert result.observation.model_dump() == Board().model_dump()


def test_a_result_may_be_read_as_any_model() -> None:
    result = read_result({"observation": {"x": 3}, "reward": 1.5, "done": True}, Point)

    assert (result.observation, result.reward, result.done) == (Point(x=3), 1.5, True)
