"""JSON Schemas that nobody should send: each is read soon, or refused with a typed error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from support.json_schemas import schemas as any_schemas

from openenv.shapes.document import UnreadableSchemaError
from openenv.shapes.reader import read_shapes
from openenv.shapes.schemas import Schemas
from openenv.shapes.shapes import Presence


def nested(depth: int, part: str = "items") -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"type": "array", part: schema}
    return schema


def doubling(levels: int) -> dict[str, Any]:
    """A schema that is short, and describes 2 ** levels values."""
    twice = {f"T{n}": {"type": "array", "prefixItems": [{"$ref": f"#/$defs/T{n + 1}"}] * 2} for n in range(levels)}
    return {"properties": {"it": {"$ref": "#/$defs/T0"}}, "$defs": {**twice, f"T{levels}": {}}}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"properties": []}, "the schema of action cannot be read: properties is an object, not \\[\\]"),
        ({"properties": {"it": 3}}, "the schema of action.it cannot be read: 3 is no schema"),
        ({"properties": {"it": {"anyOf": {}}}}, "anyOf is a list"),
        ({"properties": {"it": {"type": "integer", "minimum": "x"}}}, "minimum is a number, not 'x'"),
        ({"properties": {"it": {"type": "integer", "minimum": True}}}, "minimum is a number"),
        ({"properties": {}, "required": 1}, "required is a list"),
        ({"$ref": "#"}, "refers to itself"),
        ({"$ref": "#/$defs/Gone"}, "refers to '#/\\$defs/Gone', which it does not hold"),
        ({"$ref": "file:///etc/passwd"}, "which it does not hold"),
        ({"properties": {"it": {"$ref": 5}}}, "refers to 5, which"),
        ({"properties": {"\ud800": {}}}, "is no text of Unicode"),
        ({"properties": {"it": nested(80)}}, "nested too deeply"),
        ({"properties": {"it": nested(200)}}, "more than 150 levels deep"),
        (doubling(20), "describes more than 20000 values"),
        ({"properties": {str(number): {} for number in range(120_000)}}, "more than 200000 parts"),
    ],
)
def test_a_schema_that_cannot_be_meant_is_refused(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(UnreadableSchemaError, match=message) as refused:
        read_shapes("my-env", Schemas(schema, {}, {}))
    assert str(refused.value.data["where"]).startswith("action")


def entangled(models: int, words: str = "") -> Schemas:
    """Models each of which holds any of them, as those of a grammar do."""
    any_of_them = {"anyOf": [{"$ref": f"#/$defs/M{number}"} for number in range(models)]}
    kinds = {
        f"M{number}": {"title": f"M{number}", "properties": {f"m{number}": {"const": 1}, "of": any_of_them}}
        for number in range(models)
    }
    schema = {"title": "Act", "properties": {"of": any_of_them}, "$defs": kinds, "description": words}
    for kind in kinds.values():
        kind["description"] = words
    return Schemas(schema, {}, {})


def chain(models: int) -> Schemas:
    """Models each of which holds the next one."""
    kinds = {f"M{n}": {"title": f"M{n}", "properties": {"next": {"$ref": f"#/$defs/M{n + 1}"}}} for n in range(models)}
    return Schemas({**kinds["M0"], "$defs": {**kinds, f"M{models}": {}}}, {}, {})


def test_models_may_hold_each_other() -> None:
    shapes = read_shapes("my-env", entangled(50))

    assert len(shapes.models) == 51
    assert shapes.models["M7"].fields[1].type == shapes.models["Act"].fields[0].type


@pytest.mark.parametrize(
    ("schemas", "message"),
    [(entangled(10, "x" * 1_000_000), "refer to each other too much"), (chain(200), "nested too deeply")],
)
def test_models_that_hold_each_other_without_end_are_refused(schemas: Schemas, message: str) -> None:
    with pytest.raises(UnreadableSchemaError, match=message):
        read_shapes("my-env", schemas)


def test_a_default_for_which_it_takes_too_long_to_tell_is_left_to_the_server() -> None:
    """Two ways on each of twenty levels, and at the end of all of them a value that fits none."""
    levels = 20
    kinds: dict[str, Any] = {"L20": {"type": "integer"}}
    default: Any = "no number"
    for level in reversed(range(levels)):
        next_one = {"next": {"$ref": f"#/$defs/L{level + 1}"}}
        sides = [{"title": f"{side}{level}", "properties": next_one, "required": ["next"]} for side in "AB"]
        kinds[f"L{level}"] = {"anyOf": sides}
        default = {"next": default}
    schema = {"title": "Act", "properties": {"it": {"$ref": "#/$defs/L0", "default": default}}, "$defs": kinds}

    [found] = read_shapes("my-env", Schemas(schema, {}, {})).models["Act"].fields

    assert found.presence is Presence.LEFT_OUT


@given(any_schemas)
def test_whatever_a_server_says_is_read_or_refused(schemas: Schemas) -> None:
    try:
        shapes = read_shapes("my-env", schemas)
    except UnreadableSchemaError:
        return
    names = [name for model in shapes.models.values() for name in (model.name, *(each.name for each in model.fields))]
    assert all(name.isidentifier() for name in names)
