from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import pytest
from gymnasium import spaces
from pydantic import BaseModel, Field, TypeAdapter

from openenv import Action, Observation
from openenv.gymnasium.schemas import MAX_TEXT, action_space, has_extension, observation_space
from openenv.gymnasium.spaces import AnyOf, Choice, UnsupportedSpaceError


class Piece(BaseModel):
    kind: Literal["king", "rook"]
    square: tuple[int, int]


class Tree(BaseModel):
    children: list[Tree]


def field_space(annotation: Any) -> spaces.Space[Any]:
    """The space of an observation's only field."""
    model = type("Shown", (Observation,), {"__annotations__": {"field": annotation}})
    return observation_space(TypeAdapter(model).json_schema()).space


WHOLE = spaces.Box(-np.inf, np.inf, (), np.int64)
REAL = spaces.Box(-np.inf, np.inf, (), np.float64)


@pytest.mark.parametrize(
    ("annotation", "space"),
    [
        (int, WHOLE),
        (Annotated[int, Field(ge=1, le=6)], spaces.Discrete(6, start=1)),
        (Annotated[int, Field(gt=0, lt=7)], spaces.Discrete(6, start=1)),
        (Annotated[int, Field(ge=0)], spaces.Box(0, np.inf, (), np.int64)),
        (Annotated[int, Field(ge=0, le=2**63 - 2)], spaces.Discrete(2**63 - 1)),
        (Annotated[int, Field(ge=-(2**63), le=2**63 - 2)], spaces.Box(-(2**63), 2**63 - 2, (), np.int64)),
        (float, REAL),
        (Annotated[float, Field(ge=-1, le=1)], spaces.Box(-1, 1, (), np.float64)),
        (Annotated[float, Field(gt=0)], spaces.Box(np.nextafter(0, 1), np.inf, (), np.float64)),
        (bool, Choice([False, True])),
        (Literal["a", "b"], Choice(["a", "b"])),
        (Literal["a"], Choice(["a"])),
        (tuple[int, int], spaces.Box(-np.inf, np.inf, (2,), np.int64)),
        (tuple[bool, bool], spaces.Tuple([Choice([False, True]), Choice([False, True])])),
        (Annotated[list[float], Field(min_length=3, max_length=3)], spaces.Box(-np.inf, np.inf, (3,), np.float64)),
        (tuple[tuple[float, float], tuple[float, float]], spaces.Box(-np.inf, np.inf, (2, 2), np.float64)),
        (list[float], spaces.Sequence(REAL)),
        (list[Literal["a", "b"]], spaces.Sequence(Choice(["a", "b"]))),
        (bool | None, AnyOf([Choice([False, True]), Choice([None])])),
        (Piece, spaces.Dict(kind=Choice(["king", "rook"]), square=spaces.Box(-np.inf, np.inf, (2,), np.int64))),
    ],
    ids=str,
)
def test_a_plain_schema_has_a_space(annotation, space):
    found = field_space(annotation)

    assert found == space
    found.seed(1)
    sample = found.sample()
    assert (np.asarray(sample) if found.shape == () and isinstance(found, spaces.Box) else sample) in found


def test_numbers_side_by_side_keep_their_own_bounds():
    space = field_space(tuple[Annotated[int, Field(ge=0, le=3)], int, Annotated[int, Field(le=2**62 + 1)]])
    space.seed(1)

    assert space.bounded_below.tolist() == [True, False, False]
    assert space.bounded_above.tolist() == [True, False, True]
    assert (space.low[0], space.high[0], space.high[2]) == (0, 3, 2**62 + 1)
    assert all(space.sample() in space for _ in range(100))


def test_a_text_is_as_long_as_its_schema_says():
    assert (field_space(Annotated[str, Field(min_length=2, max_length=5)]).max_length) == 5
    assert (field_space(str).min_length, field_space(str).max_length) == (0, MAX_TEXT)


class Shown(Observation):
    position: tuple[int, int]
    moves: list[Literal["north", "south"]]
    winner: str | None = None
    notes: dict[str, Any] = {}


def test_an_observation_of_several_fields_is_a_dict_and_what_no_space_holds_is_left():
    shown = observation_space(TypeAdapter(Shown).json_schema())
    values = {"position": [1, 2], "moves": ["south"], "winner": None, "notes": {"a": 1}}
    element = shown.read(values)

    assert list(shown.space.spaces) == ["position", "moves", "winner"]
    assert element in shown.space
    assert element["moves"] == (1,)
    assert shown.rest(values) == {"notes": {"a": 1}}
    assert {**shown.write(element), **shown.rest(values)} == values


class Ordered(Action):
    piece: Literal["king", "rook"]
    options: dict[str, Any] = {}


class Free(Action):
    piece: Literal["king", "rook"]
    options: dict[str, Any]


def test_a_field_of_an_action_that_no_space_holds_is_left_to_its_default():
    actions = action_space(TypeAdapter(Ordered).json_schema())

    assert actions.space == Choice(["king", "rook"])
    assert actions.write(1) == {"piece": "rook"}
    with pytest.raises(UnsupportedSpaceError, match="no space holds the field options: it is of type object"):
        action_space(TypeAdapter(Free).json_schema())


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (dict[str, int], "field: it is of type object with nothing said"),
        (Any, "field: it is of no type"),
        (list[Any], r"field\[\]: it is of no type"),
        (Annotated[int, Field(ge=0, le=2**64 - 1)], "field: it reaches beyond whole numbers of 64 bits"),
        (Annotated[int, Field(le=2**63 - 1)], "field: it reaches beyond whole numbers of 64 bits"),
        (Annotated[int, Field(lt=-(2**63))], "field: it reaches beyond whole numbers of 64 bits"),
        (tuple[int, Annotated[int, Field(ge=2**70)]], r"field\[1\]: it reaches beyond whole numbers of 64 bits"),
        (Tree, r"field\.children\[\]: it holds values of its own kind"),
    ],
    ids=str,
)
def test_what_no_space_can_hold_is_named(annotation, reason):
    with pytest.raises(UnsupportedSpaceError, match=reason) as refused:
        field_space(annotation)

    assert refused.value.hint.startswith("declare what the field holds")


@pytest.mark.parametrize("schema", [{}, {"anyOf": [{"type": "object"}]}, {"type": "string"}])
def test_a_schema_that_is_no_model_s_is_refused(schema):
    with pytest.raises(UnsupportedSpaceError, match="not that of one model with fields"):
        action_space(schema)


def test_a_reference_to_a_name_with_a_slash_is_followed():
    schema = {"properties": {"a": {"$ref": "#/$defs/yes~1no"}}, "$defs": {"yes/no": {"type": "boolean"}}}

    assert action_space({**schema, "required": ["a"]}).space == Choice([False, True])


def test_a_reference_to_nothing_is_refused():
    with pytest.raises(UnsupportedSpaceError, match="refers to #/\\$defs/Gone, which the schema does not hold"):
        action_space({"properties": {"a": {"$ref": "#/$defs/Gone"}}, "required": ["a"]})


def test_a_bound_that_no_float_reaches_is_refused():
    with pytest.raises(UnsupportedSpaceError, match="no space holds the field a: it reaches beyond numbers of 64 bits"):
        action_space({"properties": {"a": {"type": "number", "maximum": 10**400}}, "required": ["a"]})


def test_an_observation_without_fields_of_its_own_is_an_empty_dict():
    assert observation_space(TypeAdapter(Observation).json_schema()).space == spaces.Dict({})


def test_a_described_space_is_taken_as_it_is():
    description = {"type": "Discrete", "n": 3, "start": 0, "dtype": "int32"}
    schema = {"properties": {"value": {"type": "integer", "x-gymnasium-space": description}}}

    assert observation_space(schema).space == spaces.Discrete(3, dtype=np.int32)
    assert has_extension(schema)
    assert not has_extension(TypeAdapter(Shown).json_schema())
