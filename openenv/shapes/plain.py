"""Reads the JSON Schemas of values without parts, and the limits of others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import SchemaError, SchemaValidator

from openenv.shapes.document import Json, UnreadableSchemaError
from openenv.shapes.shapes import ANYTHING, NULL, Choice, Plain, Type, union

_LONGEST = 2**31 - 1
_HUGE = 1e300
_FORMATS = {
    "date-time": "datetime.datetime",
    "date": "datetime.date",
    "time": "datetime.time",
    "duration": "datetime.timedelta",
    **dict.fromkeys(("uuid", "uuid1", "uuid3", "uuid4", "uuid5"), "UUID"),
}
_NUMBER = {
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
}
_TEXT = {"minLength": "min_length", "maxLength": "max_length"}
ITEMS: Mapping[str, str] = {"minItems": "min_length", "maxItems": "max_length"}
ENTRIES: Mapping[str, str] = {"minProperties": "min_length", "maxProperties": "max_length"}


def choice(values: list[Any]) -> Type:
    """Choose among texts, whole numbers and the like; of other values only the type is kept."""
    if values and all(value is None or isinstance(value, (str, int)) for value in values):
        distinct = {repr(value): value for value in values}
        nulls = [NULL] if distinct.pop("None", "missing") is None else []
        return union([*([Choice(tuple(distinct.values()))] if distinct else []), *nulls])
    if values and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return Plain("float")
    return ANYTHING


def exact(default: Any, type_: Type) -> Any:
    """Write the default of a ``float`` as one, where JSON has no point in it."""
    return float(default) if isinstance(type_, Plain) and type_.kind == "float" and abs(default) < _HUGE else default


def string(schema: Json, where: str) -> Plain:
    """Read the schema of a text, or of what is written as one."""
    limits = [*lengths(schema, _TEXT, where)]
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and _can_be_read(pattern):
        limits.append(("pattern", pattern))
    kind = _FORMATS.get(str(schema.get("format")), "str")
    return Plain("str", tuple(limits)) if limits else Plain(kind)


def _can_be_read(pattern: str) -> bool:
    """Whether pydantic can read a pattern; others are left to the server."""
    try:
        SchemaValidator({"type": "str", "pattern": pattern})
    except SchemaError:
        return False
    return True


def bounds(schema: Json, kind: str, where: str) -> Iterator[tuple[str, Any]]:
    """Read the limits of a number, those of whole numbers as whole numbers."""
    for key, name in _NUMBER.items():
        limit = _number(schema, key, where)
        if limit is None or (name == "multiple_of" and limit <= 0):
            continue
        if kind == "int" and limit != int(limit):
            if name != "multiple_of":
                yield name, (math.ceil if name in ("ge", "lt") else math.floor)(limit)
        else:
            yield name, int(limit) if kind == "int" else float(limit)


def lengths(schema: Json, keys: Mapping[str, str], where: str) -> Iterator[tuple[str, Any]]:
    """Read how long something may be, from the keywords of its kind."""
    for key, name in keys.items():
        limit = _number(schema, key, where)
        if limit is not None and 0 <= limit <= _LONGEST:
            yield name, int(limit)


def _number(schema: Json, key: str, where: str) -> float | None:
    limit = schema.get(key)
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, (int, float)):
        raise UnreadableSchemaError(where, f"{key} is a number, not {limit!r:.60}")
    return limit if abs(limit) <= _HUGE else None
