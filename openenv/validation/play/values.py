"""Values made from a JSON Schema: small, plausible, and the same for the same seed.

This is no fuzzer. It makes what a person would type first: the schema's own examples, defaults and
enumerations, any number of a range that is not too wide, else the smallest values that its limits allow.
"""

from __future__ import annotations

import math
import re
from random import Random
from typing import Any

from openenv.shapes.reference import referred
from openenv.validation.json_schema import misfits

_DEEPEST = 24
_SHALLOW = 4
_LARGEST = 10_000
_TRIES = 20
_WORDS = ("hello", "a", "hello world", "0", "test", "1", "A", "ABC", "abc123", "a1", "e2e4", "2024-01-01", "1 + 1")
_FORMATS = {
    "date": "2024-01-01",
    "date-time": "2024-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "email": "a@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "binary": "aGVsbG8=",
    "base64": "aGVsbG8=",
}


class CannotMake(Exception):
    """No value was found for a schema; the message says for which part."""


class ValueMaker:
    """Makes values for a schema.

    Args:
        schema: A valid JSON Schema; references are followed inside it only.
        random: Where choices come from.
    """

    def __init__(self, schema: dict[str, Any], random: Random) -> None:
        self.schema = schema
        self._random = random

    def make(self, *, leave_out: tuple[str, ...] = ()) -> Any:
        """Make a value that fits the schema.

        Args:
            leave_out: Optional keys of the outermost object that are never filled in.

        Raises:
            CannotMake: None was found in a few tries.
        """
        wrong: list[str] = []
        for _ in range(_TRIES):
            value = self._value(self.schema, 0)
            if isinstance(value, dict):
                needed = resolved(self.schema, self.schema).get("required", ())
                value = {key: item for key, item in value.items() if key in needed or key not in leave_out}
            wrong = misfits(self.schema, value)
            if not wrong:
                return value
        raise CannotMake(wrong[0])

    def _value(self, schema: Any, depth: int) -> Any:
        if schema is False or depth > _DEEPEST:
            raise CannotMake("nothing fits the schema" if schema is False else "the schema is nested too deeply")
        if schema is True:
            return {}
        schema = resolved(schema, self.schema)
        given = [schema["const"]] if "const" in schema else [*schema.get("examples", ()), *schema.get("enum", ())]
        if given:
            return self._random.choice(given)
        if "default" in schema and self._random.random() < 0.5:
            return schema["default"]
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return self._option(options, depth)
        return self._typed(schema, depth)

    def _option(self, options: list[Any], depth: int) -> Any:
        usable = [option for option in options if option != {"type": "null"}]
        if not usable or (depth > _SHALLOW and len(usable) < len(options)):
            return None
        return self._value(self._random.choice(usable), depth + 1)

    def _typed(self, schema: dict[str, Any], depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind == "string":
            return self._text(schema)
        if kind == "integer":
            return self._number(schema, 1)
        if kind == "number":
            return self._number(schema, 0.25)
        return self._random.random() < 0.5 if kind == "boolean" else None

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        chosen = {
            name: part
            for name, part in schema.get("properties", {}).items()
            if name in required or (depth <= _SHALLOW and self._random.random() < 0.5)
        }
        return {name: self._value(part, depth + 1) for name, part in chosen.items()}

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        if least > _LARGEST:
            raise CannotMake(f"a list of {least} items is too long")
        first = [self._value(part, depth + 1) for part in schema.get("prefixItems", ())]
        items = schema.get("items", True)
        wished = least if depth > _SHALLOW or items is False else max(least, 1)
        length = min(wished, schema.get("maxItems", wished))
        return first + [self._value(items, depth + 1) for _ in range(length - len(first))]

    def _text(self, schema: dict[str, Any]) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength", _LARGEST)
        if least > _LARGEST:
            raise CannotMake(f"a text of {least} characters is too long")
        if schema.get("format") in _FORMATS:
            return _FORMATS[str(schema["format"])]
        words = [(word * (least // len(word) + 1))[: max(least, len(word))][:most] for word in _WORDS]
        if "pattern" in schema:
            words = [word for word in words if _matches(schema["pattern"], word)]
            if not words:
                raise CannotMake(f"no text was found for the pattern {schema['pattern']!r}")
        return self._random.choice(list[str](words))

    def _number(self, schema: dict[str, Any], spacing: float) -> float:
        """Choose anywhere between limits that are near each other, else among the first few numbers allowed."""
        spacing = schema.get("multipleOf", spacing)
        low, high = _limit(schema, "minimum", "exclusiveMinimum"), _limit(schema, "maximum", "exclusiveMaximum")
        if low is not None and high is not None and high - low <= _LARGEST * spacing:
            if schema.get("type") != "integer" and "multipleOf" not in schema:
                return self._random.uniform(low, high)
            first = math.ceil(low / spacing)
            first += first * spacing == schema.get("exclusiveMinimum")
            last = math.floor(high / spacing)
            last -= last * spacing == schema.get("exclusiveMaximum")
            if first <= last:
                return self._random.randint(first, last) * spacing
        if low is None:
            low = 0 if high is None or high >= 0 else high - 3 * spacing
        start = math.ceil(low / spacing)
        candidates = [(start + index) * spacing for index in range(5)]
        allowed = [one for one in candidates if not misfits({**schema, "type": "number"}, one)]
        return self._random.choice(allowed or [(low + (low if high is None else high)) / 2])


def _matches(pattern: str, word: str) -> bool:
    try:
        return re.search(pattern, word) is not None
    except re.error as error:
        raise CannotMake(f"Python cannot read the pattern {pattern!r}: {error}") from None


def _limit(schema: dict[str, Any], inclusive: str, exclusive: str) -> float | None:
    limits = [schema[key] for key in (inclusive, exclusive) if key in schema]
    return (max if inclusive == "minimum" else min)(limits) if limits else None


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference and fold ``allOf`` in, so that what remains is one flat schema."""
    for _ in range(_DEEPEST):
        if "$ref" in schema:
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            found = referred(schema["$ref"], root)
            if not isinstance(found, dict):
                raise CannotMake(f"the schema refers to {schema['$ref']}, which it does not hold")
            schema = {**found, **beside}
        elif "allOf" in schema:
            parts = [part for part in schema["allOf"] if isinstance(part, dict)]
            schema = _folded([{key: value for key, value in schema.items() if key != "allOf"}, *parts])
        else:
            return schema
    raise CannotMake("the schema refers to itself")


def _folded(parts: list[dict[str, Any]]) -> dict[str, Any]:
    folded: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key == "properties":
                folded[key] = {**folded.get(key, {}), **value}
            elif key in ("required", "allOf"):
                folded[key] = [*folded.get(key, ()), *value]
            else:
                folded[key] = value
    return folded
