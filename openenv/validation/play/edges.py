"""Actions from the edges of a JSON Schema: the emptiest, the longest, the largest, each member, and wrong ones.

Hypothesis would make such values too. It is not used: what is tried is to be the same in every run, fit a time that is
told beforehand, and follow what the environment shows; and a plain install is to stay small.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest
from random import Random
from typing import Any

from openenv.validation.json_schema import misfits
from openenv.validation.play.values import CannotMake, ValueMaker, resolved

_LONG = 10_000
_LONGEST = 200_000
_TEXTS = ("", " ", "é", "😀\u202e中\u0301", "\x00", "\n", "{}%s'\"\\", "-1", "null", "a" * _LONG)
_INTEGERS = (0, -1, 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, -(2**63) - 1)
_NUMBERS = (0.0, -0.0, 1e308, -1e308, 5e-324, 0.1, -1.0, 1e16)
_WRONG: tuple[Any, ...] = ("a", 1, 1.5, True, None, [], {}, [[1]], {"a": None})
_DEEPEST = 3
_NOTHING = object()


def edges_of(schema: dict[str, Any]) -> Iterator[Any]:
    """Make actions from the edges of a schema, those that fit it first, a field at a time.

    Args:
        schema: The JSON Schema of actions.

    Yields:
        Actions as JSON values; all but the last ones fit the schema.

    Raises:
        CannotMake: The schema is out of reach.
    """
    maker = ValueMaker(schema, Random(0))
    outermost = resolved(schema, schema)
    fields: dict[str, Any] = {
        name: part for name, part in outermost.get("properties", {}).items() if name != "metadata"
    }
    least = maker.make(leave_out=tuple(fields))
    seen: list[Any] = []
    each = [_replaced(least, name, _edges(part, schema, 0)) for name, part in fields.items()]
    for action in chain([least], _in_turn(each) if fields else _edges(schema, schema, 0)):
        if action not in seen and not misfits(schema, action):
            seen.append(action)
            yield action
    yield from _wrong(schema, least, list(fields))


def _wrong(schema: dict[str, Any], least: Any, fields: list[str]) -> Iterator[Any]:
    """Make actions that the schema does not allow."""
    if not isinstance(least, dict):
        return
    spoilt = [{**least, "no_such_field_": 1}]
    spoilt += [{other: item for other, item in least.items() if other != name} for name in fields]
    spoilt += [{**least, name: value} for value in _WRONG for name in fields]
    yield from (action for action in spoilt if misfits(schema, action))


def _replaced(action: Any, name: str, values: Iterator[Any]) -> Iterator[Any]:
    return ({**action, name: value} for value in values)


def _in_turn(iterators: list[Iterator[Any]]) -> Iterator[Any]:
    """Take one of each, then the next of each."""
    for row in zip_longest(*iterators, fillvalue=_NOTHING):
        yield from (one for one in row if one is not _NOTHING)


def _edges(part: Any, root: dict[str, Any], depth: int) -> Iterator[Any]:
    """Make values at the edges of a part of a schema; not all of them fit it."""
    if not isinstance(part, dict) or depth > _DEEPEST:
        return
    try:
        schema = resolved(part, root)
    except CannotMake:
        return
    if "const" in schema or "enum" in schema:
        yield from schema.get("enum", ()) or [schema["const"]]
        return
    yield from schema.get("examples", ())
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _edges(option, root, depth + 1)
    kinds = schema.get("type", ())
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        yield from _of_kind(kind, schema, root, depth)


def _of_kind(kind: Any, schema: dict[str, Any], root: dict[str, Any], depth: int) -> Iterator[Any]:
    if kind == "string":
        longest = min(schema.get("maxLength", _LONG), _LONGEST)
        yield from (*_TEXTS, "a" * longest, "é" * longest, "a" * schema.get("minLength", 0))
    elif kind in ("integer", "number"):
        given = [schema[key] for key in ("minimum", "maximum") if key in schema]
        near = [
            schema[key] + step for key, step in (("exclusiveMinimum", 1), ("exclusiveMaximum", -1)) if key in schema
        ]
        yield from (*given, *near, *_INTEGERS, *(_NUMBERS if kind == "number" else ()))
    elif kind == "boolean":
        yield from (False, True)
    elif kind == "null":
        yield None
    elif kind == "array":
        items = list(_edges(schema.get("items", {}), root, depth + 1))
        yield []
        yield from ([item] for item in items)
        yield from (items[:1] * length for length in (schema.get("minItems", 0), schema.get("maxItems", 1000)) if items)
    elif kind == "object":
        yield {}
        yield from _objects(schema, root, depth)


def _objects(schema: dict[str, Any], root: dict[str, Any], depth: int) -> Iterator[Any]:
    properties: dict[str, Any] = schema.get("properties", {})
    try:
        least = ValueMaker({**schema, "$defs": root.get("$defs", {})}, Random(0)).make(leave_out=tuple(properties))
    except CannotMake:
        return
    if isinstance(least, dict):
        yield from _in_turn(
            [_replaced(least, name, _edges(part, root, depth + 1)) for name, part in properties.items()]
        )
