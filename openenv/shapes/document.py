"""A JSON Schema with the definitions that it refers to, as another side sent it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from openenv.errors import ConfigurationError
from openenv.shapes.reference import referred

Json = dict[str, Any]

_DEEPEST = 150
_LARGEST = 200_000
_LONGEST_CHAIN = 50
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_COMPARED = 50_000_000
_ANNOTATIONS = {"$defs", "default", "deprecated", "description", "examples", "readOnly", "title", "writeOnly"}
_SEVERAL = {"enum", "examples"}


class UnreadableSchemaError(ConfigurationError):
    """A server's schema cannot be read; ``data["where"]`` is the part."""

    advice = "openenv validate, with the server's address, says what is wrong with it"

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"the schema of {where} cannot be read: {what}", {"where": where})


class SchemaDocument:
    """A schema in which references can be followed.

    Args:
        root: The whole of it.
        name: What it is the schema of, for messages.

    Attributes:
        properties: The name of every property in it.

    Raises:
        UnreadableSchemaError: It is too large or too deep to be meant, or holds text that is none.
    """

    def __init__(self, root: Json, name: str) -> None:
        self.root = root
        self.properties = frozenset(_property_names(root, name))
        self._name = name
        self._identities: dict[int, tuple[Json, str]] = {}
        self._compared = 0

    def flat(self, schema: Any, where: str) -> Json:
        """Follow a reference and fold ``allOf`` in; what stands beside a reference to describe it is left behind.

        Args:
            schema: A part of the root.
            where: Its place, for messages.

        Returns:
            A schema with neither; an empty one for ``true`` and ``false``.

        Raises:
            UnreadableSchemaError: It is none, or refers to itself or to what is not there.
        """
        return self._flat(schema, where, _LONGEST_CHAIN)

    def _flat(self, schema: Any, where: str, left: int) -> Json:
        if isinstance(schema, bool):
            return {}
        if not isinstance(schema, dict):
            raise UnreadableSchemaError(where, f"{_brief(schema)} is no schema")
        if left == 0:
            raise UnreadableSchemaError(where, "it refers to itself")
        if "$ref" in schema:
            parts = [self._referred(schema["$ref"], where)]
        elif "allOf" in schema:
            parts = listed(schema, "allOf", where)
        else:
            return schema
        flat = [self._flat(part, where, left - 1) for part in parts]
        beside = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        if len(flat) == 1 and beside.keys() <= _ANNOTATIONS:
            return flat[0]
        return _folded([*flat, beside], where)

    def identity(self, schema: Json) -> str:
        """Write a schema with all that it refers to, so that equal texts mean equal schemas.

        Raises:
            UnreadableSchemaError: Its models refer to each other so much that all of this would take too long.
        """
        known = self._identities.get(id(schema))
        if known is not None:
            return known[1]
        referred: dict[str, Any] = {}
        waiting = [schema]
        while waiting:
            for reference in _references(waiting.pop()):
                if reference not in referred:
                    referred[reference] = self._referred(reference, "")
                    waiting.append(referred[reference])
        text = json.dumps([schema, referred], sort_keys=True)
        self._compared += len(text)
        if self._compared > _MOST_COMPARED:
            raise UnreadableSchemaError(self._name, "its models refer to each other too much")
        self._identities[id(schema)] = schema, text  # kept, so that no other schema gets its id
        return text

    def _referred(self, reference: Any, where: str) -> Any:
        found = referred(reference, self.root)
        if found is None:
            raise UnreadableSchemaError(where, f"it refers to {_brief(reference)}, which it does not hold")
        return without_definitions(found) if found is self.root else found


def without_definitions(schema: Json) -> Json:
    """Leave out what only references lead to."""
    return {key: value for key, value in schema.items() if key not in ("$defs", "definitions")}


def listed(schema: Json, key: str, where: str) -> list[Any]:
    """Read a keyword that is a list; an empty one where it is missing.

    Raises:
        UnreadableSchemaError: It is something else.
    """
    value = schema.get(key, [])
    if not isinstance(value, list):
        raise UnreadableSchemaError(where, f"{key} is a list, not {_brief(value)}")
    return value


def mapped(schema: Json, key: str, where: str) -> Json:
    """Read a keyword that is an object; an empty one where it is missing.

    Raises:
        UnreadableSchemaError: It is something else.
    """
    value = schema.get(key, {})
    if not isinstance(value, dict):
        raise UnreadableSchemaError(where, f"{key} is an object, not {_brief(value)}")
    return value


def _folded(parts: list[Json], where: str) -> Json:
    folded: Json = {}
    for part in parts:
        for key, value in part.items():
            if key == "properties":
                folded[key] = {**folded.get(key, {}), **mapped(part, key, where)}
            elif key == "required":
                folded[key] = [*folded.get(key, ()), *listed(part, key, where)]
            else:
                folded[key] = value
    return folded


def _references(schema: Any) -> Iterator[str]:
    for part in _parts(schema):
        if isinstance(part, dict) and isinstance(part.get("$ref"), str):
            yield part["$ref"]


def _property_names(root: Json, name: str) -> Iterator[str]:
    for count, part in enumerate(_parts(root, name)):
        if count == _LARGEST:
            raise UnreadableSchemaError(name, f"it has more than {_LARGEST} parts")
        if isinstance(part, dict) and isinstance(part.get("properties"), dict):
            yield from part["properties"]


def _parts(root: Any, name: str = "") -> Iterator[Any]:
    """Walk over all that a value holds, level by level."""
    level, depth = [root], 0
    while level:
        if depth == _DEEPEST:
            raise UnreadableSchemaError(name, f"it is more than {_DEEPEST} levels deep")
        below: list[Any] = []
        for part in level:
            yield part
            if isinstance(part, dict):
                below += [*part, *part.values()]
            elif isinstance(part, list):
                below += part
            elif isinstance(part, str) and not _is_text(part):
                raise UnreadableSchemaError(name, f"{_brief(part)} is no text of Unicode")
        level, depth = below, depth + 1


def _is_text(text: str) -> bool:
    return _SURROGATE.search(text) is None


def _brief(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:59]}…"
