"""JSON Schemas as shapes: what pydantic writes, and what others write."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from openenv import Action, Observation, State
from openenv.shapes.reader import read_shapes
from openenv.shapes.schemas import Schemas
from openenv.shapes.shapes import (
    ANYTHING,
    NULL,
    Base,
    Choice,
    DictOf,
    Extra,
    ListOf,
    ModelRef,
    OneOf,
    Plain,
    Presence,
    Shapes,
    TupleOf,
)
from openenv.shapes.shapes import Field as Shape


class Color(str, enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    x: float = 0
    y: float = 0


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Walk(BaseModel):
    kind: Literal["walk"] = "walk"
    to: Point


class Wait(BaseModel):
    kind: Literal["wait"] = "wait"


class Everything(Action):
    """All that there is."""

    text: str = Field(min_length=1, max_length=5, pattern="^a", description="Some\n  text")
    number: float = Field(gt=0, le=1)
    whole: int = Field(ge=-1, lt=9, multiple_of=2)
    flag: bool = True
    color: Color = Color.RED
    one: Literal["only"] = "only"
    maybe: int | None = None
    either: int | str = "x"
    items: list[int] = Field(min_length=1, max_length=3)
    pair: tuple[int, str] = (1, "a")
    tags: set[str] = set()
    counts: dict[str, int] = {}
    anything: Any = None
    point: Point = Point(x=1)
    tree: Node | None = None
    move: Annotated[Walk | Wait, Field(discriminator="kind")] = Wait()
    when: dt.datetime | None = None
    id: UUID | None = None


def shapes_of(action: Any, observation: Any = Observation, state: Any = State) -> Shapes:
    return read_shapes("my-env", Schemas(*(TypeAdapter(each).json_schema() for each in (action, observation, state))))


def action_schema(**properties: Any) -> Schemas:
    return Schemas({"type": "object", "title": "Act", "properties": properties}, {}, {})


def field(schema: Any, **options: Any) -> Shape:
    """Read the schema of one field of an action."""
    action = action_schema(it=schema).action | options
    [found] = read_shapes("my-env", Schemas(action, {}, {})).models["Act"].fields
    return found


def test_models_of_pydantic_keep_their_names_types_limits_and_defaults() -> None:
    shapes = shapes_of(Everything)
    fields = {each.name: each for each in shapes.models["Everything"].fields}

    assert list(fields) == [name for name in Everything.model_fields if name != "metadata"]
    assert {name: each.type for name, each in fields.items()} == {
        "text": Plain("str", (("min_length", 1), ("max_length", 5), ("pattern", "^a"))),
        "number": Plain("float", (("gt", 0.0), ("le", 1.0))),
        "whole": Plain("int", (("ge", -1), ("lt", 9), ("multiple_of", 2))),
        "flag": Plain("bool"),
        "color": Choice(("red", "blue")),
        "one": Choice(("only",)),
        "maybe": OneOf((Plain("int"), NULL)),
        "either": OneOf((Plain("int"), Plain("str"))),
        "items": ListOf(Plain("int"), (("min_length", 1), ("max_length", 3))),
        "pair": TupleOf((Plain("int"), Plain("str"))),
        "tags": ListOf(Plain("str"), unique=True),
        "counts": DictOf(Plain("int")),
        "anything": ANYTHING,
        "point": ModelRef("Point"),
        "tree": OneOf((ModelRef("Node"), NULL)),
        "move": OneOf((ModelRef("Walk"), ModelRef("Wait")), "kind"),
        "when": OneOf((Plain("datetime.datetime"), NULL)),
        "id": OneOf((Plain("UUID"), NULL)),
    }
    required = [name for name, each in fields.items() if each.presence is Presence.REQUIRED]
    assert required == [name for name, each in Everything.model_fields.items() if each.is_required()]
    assert fields["point"].default == {"x": 1.0, "y": 0.0}
    assert fields["text"].description == "Some text"
    assert (shapes.models["Everything"].base, shapes.models["Everything"].extra) == (Base.ACTION, Extra.FORBID)
    assert (shapes.client, shapes.action) == ("MyEnv", ModelRef("Everything"))


def test_a_model_comes_before_those_that_need_it_and_may_need_itself() -> None:
    models = shapes_of(Everything).models

    assert list(models) == ["Point", "Node", "Walk", "Wait", "Everything", "MyObservation", "MyState"]
    assert models["Node"].fields[1].type == ListOf(ModelRef("Node"))


def test_a_model_that_several_hold_is_one_class() -> None:
    class Seen(Observation):
        at: Point
        last: Everything | None = None

    shapes = shapes_of(Everything, Seen)

    assert [each.type for each in shapes.models["Seen"].fields] == [
        ModelRef("Point"),
        OneOf((ModelRef("Everything"), NULL)),
    ]
    assert "Point2" not in shapes.models


def test_models_that_differ_and_are_called_alike_are_two_classes() -> None:
    def seen() -> type[Observation]:
        class Point(BaseModel):
            row: int

        class Seen(Observation):
            at: Point

        return Seen

    shapes = shapes_of(Everything, seen())

    assert shapes.models["Seen"].fields[0].type == ModelRef("Point2")
    assert [each.name for each in shapes.models["Point2"].fields] == ["row"]


def test_what_travels_with_every_model_is_left_to_its_base() -> None:
    shapes = shapes_of(Action)

    assert [(model.name, model.base, model.fields) for model in shapes.models.values()] == [
        ("MyAction", Base.ACTION, ()),
        ("MyObservation", Base.OBSERVATION, ()),
        ("MyState", Base.STATE, ()),
    ]


def test_one_of_several_actions() -> None:
    class Hit(Action):
        kind: Literal["hit"] = "hit"

    class Stand(Action):
        kind: Literal["stand"] = "stand"

    shapes = shapes_of(Annotated[Hit | Stand, Field(discriminator="kind")])

    assert shapes.action == OneOf((ModelRef("Hit"), ModelRef("Stand")))
    assert shapes.models["Stand"].base is Base.ACTION


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"type": "string"}, {"anyOf": [{"type": "string"}]}])
def test_what_is_no_model_is_a_dict(schema: dict[str, Any]) -> None:
    shapes = read_shapes("my-env", Schemas(schema, schema, schema))

    assert (shapes.action, shapes.observation, shapes.state) == (DictOf(ANYTHING),) * 3


@pytest.mark.parametrize(
    ("name", "client", "action"),
    [
        ("my-env", "MyEnv", "MyAction"),
        ("my_game", "MyGameEnv", "MyGameAction"),
        ("TicTacToeEnvironment", "TicTacToeEnv", "TicTacToeAction"),
        ("openenv-echo", "EchoEnv", "EchoAction"),
        ("env", "EnvEnv", "EnvAction"),
        ("2048", "Model2048Env", "Model2048Action"),
        ("import os; os.system('x')", "ImportOsOsSystemXEnv", "ImportOsOsSystemXAction"),
        ("", "Env", "Action2"),
    ],
)
def test_classes_are_named_after_the_environment(name: str, client: str, action: str) -> None:
    shapes = read_shapes(name, Schemas(TypeAdapter(Action).json_schema(), {}, {}))

    assert shapes.client == client
    assert shapes.action == ModelRef(action)


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("message", "message"),
        ("class", "class_"),
        ("None", "None_"),
        ("int", "int_"),
        ("copy", "copy_"),
        ("model_config", "model_config_"),
        ("model_dump_all", "field_model_dump_all"),
        ("_hidden", "hidden"),
        ("__class__", "class__"),
        ("1st", "field_1st"),
        ("a-b", "a_b"),
        ("", "field_"),
        ("x: int = exit()", "x__int___exit__"),
        ("größe", "größe"),
        ("ﬁ", "fi"),
        ("datetime", "datetime_"),
    ],
)
def test_a_field_whose_name_python_does_not_take_has_another_one(wire: str, name: str) -> None:
    [found] = read_shapes("my-env", action_schema(**{wire: {"type": "string"}})).models["Act"].fields

    assert (found.name, found.wire) == (name, wire)


def test_names_that_would_become_the_same_are_told_apart() -> None:
    properties = {wire: {"type": "string"} for wire in ("a-b", "a.b", "a_b", "class", "class_")}

    names = [each.name for each in read_shapes("my-env", action_schema(**properties)).models["Act"].fields]

    assert names == ["a_b2", "a_b3", "a_b", "class_2", "class_"]


def test_no_class_is_called_like_a_field() -> None:
    shapes = read_shapes("my-env", action_schema(Point={"title": "Point", "properties": {"x": {}}}))

    assert shapes.models["Act"].fields[0].type == OneOf((ModelRef("Point2"), NULL))


@pytest.mark.parametrize(
    ("schema", "type_"),
    [
        ({"type": ["string", "null"]}, OneOf((Plain("str"), NULL))),
        ({"anyOf": [{"const": "a"}, {"const": "b"}]}, Choice(("a", "b"))),
        ({"enum": ["a", 1, True, None]}, OneOf((Choice(("a", 1, True)), NULL))),
        ({"enum": [0.5, 1]}, Plain("float")),
        ({"enum": [[1], [2]]}, ANYTHING),
        ({"type": "integer", "minimum": 0.5}, Plain("int", (("ge", 1),))),
        ({"type": "integer", "exclusiveMaximum": 0.5}, Plain("int", (("lt", 1),))),
        ({"type": "string", "pattern": "(?=a)"}, Plain("str")),
        ({"type": "string", "format": "uri"}, Plain("str")),
        ({"type": "array"}, ListOf(ANYTHING)),
        ({"type": "object", "patternProperties": {"^a": {"type": "integer"}}}, DictOf(Plain("int"))),
        ({"allOf": [{"type": "integer", "minimum": 1}, {"maximum": 3}]}, Plain("int", (("ge", 1), ("le", 3)))),
        ({"type": "nonsense"}, ANYTHING),
        (True, ANYTHING),
        (False, ANYTHING),
    ],
)
def test_schemas_that_others_write(schema: Any, type_: Any) -> None:
    assert field(schema, required=["it"]).type == type_


def test_a_field_without_a_known_default_is_left_to_the_server() -> None:
    unknown = field({"type": "array", "items": {"type": "integer"}})
    broken = field({"type": "integer", "default": None})

    assert (unknown.presence, unknown.type) == (Presence.LEFT_OUT, OneOf((ListOf(Plain("int")), NULL)))
    assert (broken.presence, broken.type) == (Presence.LEFT_OUT, OneOf((Plain("int"), NULL)))


def test_a_list_that_is_only_read_is_there_at_least_as_an_empty_one() -> None:
    items = {"type": "object", "properties": {"items": {"type": "array"}, "name": {"type": "string"}}, "title": "Seen"}

    items_field, name_field = read_shapes("my-env", Schemas({}, items, {})).models["Seen"].fields

    assert (items_field.presence, items_field.default) == (Presence.DEFAULT, [])
    assert name_field.presence is Presence.LEFT_OUT


@pytest.mark.parametrize(
    ("schema", "extra"),
    [
        ({"additionalProperties": False}, Extra.FORBID),
        ({"additionalProperties": True}, Extra.ALLOW),
        ({}, Extra.IGNORE),
    ],
)
def test_fields_beyond_those_of_a_model(schema: dict[str, Any], extra: Extra) -> None:
    inner = {"type": "object", "properties": {}, "title": "Inner", **schema}

    assert read_shapes("my-env", action_schema(it=inner)).models["Inner"].extra is extra


def test_a_circle_without_a_model_ends_somewhere() -> None:
    tree = {"type": "array", "items": {"$ref": "#/$defs/Tree"}}

    schema = {
        "properties": {"it": {"$ref": "#/$defs/Tree"}},
        "required": ["it"],
        "title": "Act",
        "$defs": {"Tree": tree},
    }
    shapes = read_shapes("my-env", Schemas(schema, {}, {}))

    assert shapes.models["Act"].fields[0].type == ListOf(ANYTHING)
