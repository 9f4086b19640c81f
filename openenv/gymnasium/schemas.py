"""From JSON Schemas of actions and observations to spaces."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces

from openenv.gymnasium.elements import from_json, to_json
from openenv.gymnasium.spaces import EXTENSION, AnyOf, Choice, Json, UnsupportedSpaceError, bounds_of, box_of, space_of
from openenv.shapes.reference import referred

BESIDE = frozenset({"metadata", "reward", "done", "terminated", "truncated"})
"""Fields of every model that are no part of the action or observation itself."""

MAX_TEXT = 4096
"""The longest text of a space whose schema does not say."""

_Space = spaces.Space[Any]


class ModelSpace:
    """What a model of actions or observations holds, as a space.

    Args:
        fields: The space of each field.

    Attributes:
        space: That of the field where there is one field only, else a ``Dict`` of them.
    """

    def __init__(self, fields: Mapping[str, _Space]) -> None:
        self._whole = spaces.Dict(list(fields.items()))
        self._only = next(iter(fields)) if len(fields) == 1 else None
        self.space: _Space = self._whole if self._only is None else fields[self._only]

    def write(self, element: Any) -> Json:
        """Write an element of the space as the fields of a model; raises as ``to_json`` does."""
        written = to_json(self.space, element)
        return written if self._only is None else {self._only: written}

    def read(self, values: Mapping[str, Any]) -> Any:
        """Read an element of the space from the fields of a model; raises as ``from_json`` does."""
        element = from_json(self._whole, values)
        return element if self._only is None else element[self._only]

    def rest(self, values: Mapping[str, Any]) -> Json:
        """Find the fields of a model that belong to no space."""
        return {name: value for name, value in values.items() if name not in self._whole.spaces}


def action_space(schema: Json) -> ModelSpace:
    """Make the space of an action's fields.

    A field that no space can hold is left to its default, where it has one.

    Args:
        schema: The JSON Schema of an environment's actions.

    Returns:
        The space.

    Raises:
        UnsupportedSpaceError: A required field can be in no space.
    """
    reader = _SchemaReader(schema)
    return ModelSpace(reader.fields(needed=schema.get("required", ())))


def observation_space(schema: Json) -> ModelSpace:
    """Make the space of an observation's fields.

    Args:
        schema: The JSON Schema of an environment's observations.

    Returns:
        The space; fields that no space can hold are not in it.

    Raises:
        UnsupportedSpaceError: No field can be in a space.
    """
    reader = _SchemaReader(schema)
    fields = reader.fields(needed=())
    return ModelSpace(fields or reader.fields(needed=reader.names))


def has_extension(schema: Json) -> bool:
    """Whether a model's fields say in full which spaces they are of, as those of Gymnasium's environments do."""
    return any(EXTENSION in part for part in schema.get("properties", {}).values())


class _SchemaReader:
    """Finds the spaces of a schema's parts.

    Args:
        root: The schema of a model, in which references are followed.
    """

    def __init__(self, root: Json) -> None:
        self._root = root
        if "properties" not in root:
            raise UnsupportedSpaceError("the schema is not that of one model with fields", {"schema": root})
        self.names = [name for name in root["properties"] if name not in BESIDE]

    def fields(self, needed: Any) -> dict[str, _Space]:
        """Find the space of each field; raises where a needed one has none, and leaves others out."""
        found = {}
        for name in self.names:
            try:
                found[name] = self._space(self._root["properties"][name], name)
            except UnsupportedSpaceError:
                if name in needed:
                    raise
        return found

    def _space(self, schema: Any, where: str, within: tuple[str, ...] = ()) -> _Space:
        if not isinstance(schema, dict):
            raise _unsupported(where, "may hold anything")
        if EXTENSION in schema:
            return space_of(schema[EXTENSION])
        if "$ref" in schema:
            if schema["$ref"] in within:
                raise _unsupported(where, "holds values of its own kind")
            found = referred(schema["$ref"], self._root)
            if found is None:
                raise _unsupported(where, f"refers to {schema['$ref']}, which the schema does not hold")
            return self._space(found, where, (*within, schema["$ref"]))
        if "const" in schema or "enum" in schema:
            return Choice(schema["enum"] if "enum" in schema else [schema["const"]])
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return AnyOf([self._space(option, where, within) for option in options])
        return self._typed(schema, where, within)

    def _typed(self, schema: Json, where: str, within: tuple[str, ...]) -> _Space:
        kind = schema.get("type")
        if kind == "boolean":
            return Choice([False, True])
        if kind == "null":
            return Choice([None])
        if kind == "integer":
            return _integer(schema, where)
        if kind == "number":
            return _number(schema, where)
        if kind == "string":
            lengths = {"min_length": schema.get("minLength", 0), "max_length": schema.get("maxLength", MAX_TEXT)}
            return spaces.Text(**lengths, charset=string.printable)
        if kind == "array":
            return self._array(schema, where, within)
        if kind == "object" and schema.get("properties"):
            parts = schema["properties"].items()
            return spaces.Dict([(name, self._space(part, f"{where}.{name}", within)) for name, part in parts])
        raise _unsupported(where, f"is of type {kind} with nothing said of what it holds" if kind else "is of no type")

    def _array(self, schema: Json, where: str, within: tuple[str, ...]) -> _Space:
        if "prefixItems" in schema:
            parts = [self._space(part, f"{where}[{n}]", within) for n, part in enumerate(schema["prefixItems"])]
            return _together(parts)
        item = self._space(schema.get("items"), f"{where}[]", within)
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        return _together([item] * least) if least == most else spaces.Sequence(item)


def _integer(schema: Json, where: str) -> _Space:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -math.inf) + 1)
    high = schema.get("maximum", schema.get("exclusiveMaximum", math.inf) - 1)
    limits = np.iinfo(np.int64)
    # Less than the highest: Gymnasium samples up to the bound and one.
    if any(abs(bound) != math.inf and not limits.min <= bound < limits.max for bound in (low, high)):
        raise _unsupported(where, "reaches beyond whole numbers of 64 bits")
    if high - low < limits.max:
        return spaces.Discrete(int(high) - int(low) + 1, start=int(low))
    return box_of(np.array(low, object), np.array(high, object), np.dtype(np.int64))


def _number(schema: Json, where: str) -> _Space:
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    try:
        if "exclusiveMinimum" in schema:
            low = math.nextafter(schema["exclusiveMinimum"], math.inf)
        if "exclusiveMaximum" in schema:
            high = math.nextafter(schema["exclusiveMaximum"], -math.inf)
        return spaces.Box(float(low), float(high), (), np.float64)
    except OverflowError:
        raise _unsupported(where, "reaches beyond numbers of 64 bits") from None


def _together(parts: list[_Space]) -> _Space:
    """Make one array of numbers that are alike, and a tuple of everything else."""
    boxes = [box for box in map(_as_box, parts) if box is not None]
    kinds = {(box.dtype, box.shape) for box in boxes}
    if len(boxes) < len(parts) or len(kinds) != 1:
        return spaces.Tuple(parts)
    lows, highs = zip(*map(bounds_of, boxes), strict=True)
    return box_of(np.stack(lows), np.stack(highs), boxes[0].dtype)


def _as_box(space: _Space) -> spaces.Box | None:
    if isinstance(space, spaces.Discrete) and not isinstance(space, Choice):
        return spaces.Box(int(space.start), int(space.start + space.n - 1), (), np.int64)
    return space if isinstance(space, spaces.Box) else None


def _unsupported(where: str, what: str) -> UnsupportedSpaceError:
    return UnsupportedSpaceError(
        f"no space holds the field {where}: it {what}",
        {"field": where},
        hint="declare what the field holds: numbers, text, choices, lists and models of these",
    )
