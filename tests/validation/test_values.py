"""Values and actions made from JSON Schemas."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from random import Random
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from openenv.types import Action
from openenv.validation.check import NotChecked
from openenv.validation.json_schema import misfits, schema_problem
from openenv.validation.play.actions import ActionMaker
from openenv.validation.play.values import CannotMake, ValueMaker


class Colour(enum.Enum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


class Node(BaseModel):
    """Refers to itself."""

    weight: Annotated[float, Field(gt=0, lt=1e-3)]
    child: Node | None = None


class Everything(Action):
    """One field of each kind."""

    text: str
    short: Annotated[str, Field(min_length=10, max_length=11)]
    square: Annotated[str, Field(pattern=r"^[a-h][1-8]")]
    count: Annotated[int, Field(ge=3, le=9)]
    below: Annotated[int, Field(lt=-5)]
    sevens: Annotated[int, Field(multiple_of=7, ge=10)]
    colour: Colour
    word: Literal["x", "y"]
    flag: bool
    pair: tuple[int, str]
    nodes: Annotated[list[Node], Field(min_length=2, max_length=3)]
    either: int | str
    when: dt.datetime
    who: uuid.UUID
    table: dict[str, int]
    given: Annotated[str, Field(examples=["move 1"])]
    optional: str | None = None
    usual: int = 4


@given(st.integers(0, 2**32))
def test_what_is_made_is_valid_for_the_model_and_the_same_for_the_same_seed(seed: int) -> None:
    schema = Everything.model_json_schema()
    made = ActionMaker(schema, seed).make()
    assert made == ActionMaker(schema, seed).make()
    action = Everything.model_validate(made)
    assert action.given == "move 1"
    assert "metadata" not in made


SMALL: dict[str, Any] = {
    "null": {"type": "null"},
    "const": {"const": 7},
    "types": {"type": ["null", "integer"]},
    "all of": {"allOf": [{"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}, {"required": ["b"]}]}
    | {"properties": {"b": {"type": "string"}}},
    "one of": {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
    "a negative range": {"type": "number", "minimum": -2.5, "maximum": -2.4},
    "a narrow range": {"type": "number", "exclusiveMinimum": 0.1, "exclusiveMaximum": 0.2},
    "a list of none": {"type": "array", "maxItems": 0},
    "a tuple and no more": {"type": "array", "prefixItems": [{"type": "integer"}], "items": False, "minItems": 1},
    "defs": {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "boolean"}}},
    "a recursive one": {
        "type": "object",
        "properties": {"x": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "any": True},
        "required": ["x", "any"],
    },
}


@pytest.mark.parametrize("schema", SMALL.values(), ids=SMALL)
def test_small_schemas_get_a_value_that_fits(schema: dict[str, Any]) -> None:
    for seed in range(20):
        assert misfits(schema, ValueMaker(schema, Random(seed)).make()) == []


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "pattern": "^Z{17}$"}, "no text was found for the pattern"),
        ({"type": "string", "minLength": 10**9}, "is too long"),
        ({"type": "array", "minItems": 10**9}, "is too long"),
        ({"$ref": "https://example.com/schema"}, "which it does not hold"),
        ({"$ref": "#/$defs/none"}, "which it does not hold"),
        ({"$ref": "#"}, "the schema refers to itself"),
        ({"type": "object", "properties": {"x": {"$ref": "#"}}, "required": ["x"]}, "nested too deeply"),
        ({"type": "object", "properties": {"x": False}, "required": ["x"]}, "nothing fits"),
        ({"type": "integer", "not": {"type": "integer"}}, "should not be valid under"),
    ],
)
def test_what_is_out_of_reach_is_said(schema: dict[str, Any], said: str) -> None:
    with pytest.raises(CannotMake, match=said):
        ValueMaker(schema, Random(0)).make()


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"minimum": 3, "maximum": 12}, set(range(3, 13))),
        ({"exclusiveMinimum": 3, "exclusiveMaximum": 9}, set(range(4, 9))),
        ({"minimum": -10, "maximum": 30, "multipleOf": 10}, {-10, 0, 10, 20, 30}),
        ({"minimum": 5}, {5, 6, 7, 8, 9}),
        ({"minimum": 0, "maximum": 10**9}, {0, 1, 2, 3, 4}),
    ],
)
def test_whole_numbers_come_from_a_whole_range_unless_it_is_wide(limits: dict[str, int], expected: set[int]) -> None:
    maker = ValueMaker({"type": "integer", **limits}, Random(0))

    assert {maker.make() for _ in range(300)} == expected


def test_other_numbers_come_from_anywhere_in_a_range() -> None:
    maker = ValueMaker({"type": "number", "minimum": -2, "maximum": 2}, Random(0))
    made = [maker.make() for _ in range(300)]

    assert len(set(made)) == 300
    assert min(made) < -1.9
    assert max(made) > 1.9


class Move(Action):
    """Takes one of the legal actions."""

    note: str = ""
    column: Annotated[int, Field(ge=0, le=6)]


MOVE = Move.model_json_schema()


def test_a_legal_action_is_taken_in_the_field_that_fits_it() -> None:
    maker = ActionMaker(MOVE)
    assert {maker.make({"legal_actions": [2, 5]})["column"] for _ in range(20)} == {2, 5}
    words = ActionMaker({"type": "object", "properties": {"go": {"type": "string"}}, "required": ["go"]})
    assert words.make({"legal_actions": ["north"]}) == {"go": "north"}


def test_beside_a_legal_action_optional_fields_are_left_out() -> None:
    assert [ActionMaker(MOVE, seed).make({"legal_actions": [2]}) for seed in range(10)] == [{"column": 2}] * 10


def test_a_whole_legal_action_is_taken_as_it_is() -> None:
    assert ActionMaker(MOVE).make({"legal_actions": [{"column": 3, "note": "x"}]}) == {"column": 3, "note": "x"}


@pytest.mark.parametrize("seen", [None, {}, {"legal_actions": []}, {"legal_actions": "all"}, {"legal_actions": [[1]]}])
def test_without_legal_actions_that_fit_the_schema_decides(seen: dict[str, Any] | None) -> None:
    assert misfits(MOVE, ActionMaker(MOVE).make(seen)) == []


def test_an_action_that_is_no_object_is_left_alone() -> None:
    assert ActionMaker({"enum": [4]}).make({"legal_actions": [1]}) == 4


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "object"}, None),
        ([], "a schema is a JSON object, not []"),
        ({"type": "thing"}, "type: 'thing' is not valid under any of the given schemas"),
        ({"properties": 3}, "properties: 3 is not of type 'object'"),
    ],
)
def test_what_is_no_schema_is_said(schema: Any, said: str | None) -> None:
    assert schema_problem(schema) == said


def test_misfits_are_named_by_path_and_kept_short() -> None:
    schema = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}}
    assert misfits(schema, [{"a": 1}, {"a": "x" * 500}])[0].startswith("1.a: 'xxx")
    assert len(misfits(schema, [{"a": "x"}] * 50)) == 5
    assert len(misfits(schema, [{"a": "x" * 5000}])[0]) < 200


def test_a_pattern_that_only_pydantic_reads_is_no_fault_of_the_schema() -> None:
    schema = {"type": "string", "pattern": r"^\p{L}+$"}
    assert schema_problem(schema) is None
    with pytest.raises(NotChecked, match="Python cannot read the pattern"):
        misfits(schema, "word")
    with pytest.raises(CannotMake, match="Python cannot read the pattern"):
        ValueMaker(schema, Random(0)).make()


def test_a_reference_out_of_the_schema_is_not_followed() -> None:
    [said] = misfits({"$ref": "https://example.invalid/schema"}, 1)
    assert said.startswith("the schema refers to something that it does not hold")


@pytest.mark.parametrize("schema", [{"type": "number"}, {"anyOf": [{"type": "number"}, {"type": "null"}]}])
def test_words_stand_for_numbers_that_are_not_finite(schema: dict[str, Any]) -> None:
    assert misfits(schema, "-Infinity") == []
    assert misfits(schema, "infinite") != []
    assert misfits({"type": "integer"}, "NaN") != []


@pytest.mark.parametrize(
    ("items", "values", "said"),
    [
        ({"type": "integer", "minimum": 0}, [0, 1], []),
        ({"type": "integer", "minimum": 0, "maximum": 5}, [6, -1], ["0: 6 is greater", "1: -1 is less"]),
        ({"type": "integer"}, [1, True, 1.0], ["1: True is not"]),
        ({"type": "number"}, [1, 0.5, "NaN", "x"], ["3: 'x' is not"]),
        ({"type": "boolean"}, [True, 0], ["1: 0 is not"]),
        ({"type": "string", "minLength": 2}, ["ab", "a"], ["1: 'a' is too short"]),
        ({"type": ["string", "null"]}, [None, "a", 1], ["2: 1 is not"]),
    ],
)
def test_each_item_of_a_list_is_looked_at(items: Any, values: list[Any], said: list[str]) -> None:
    found = misfits({"type": "array", "items": items}, values)
    assert [one.startswith(start) for one, start in zip(found, said, strict=True)] == [True] * len(said), found
