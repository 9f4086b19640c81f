"""What an environment is, for people: lines and tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from openenv.discovery.description import Description
from openenv.shapes.reader import read_shapes
from openenv.shapes.shapes import Base, Field, Model, ModelRef, Presence, Type
from openenv_cli.source import on_one_line
from openenv_cli.table import lines as table_lines
from openenv_cli.type_source import typed

Line = tuple[str, str]
"""A line and its style."""

_HEADER = ("field", "type", "default", "description")
_ROLES = {Base.ACTION: " (action)", Base.OBSERVATION: " (observation)", Base.STATE: " (state)", Base.MODEL: ""}
_SEEDS = {"True": "reset takes one", "False": "reset takes none"}
_LONGEST = 60


def lines(description: Description) -> Iterator[Line]:
    """Lay a description out.

    Args:
        description: What a server says of its environment.

    Yields:
        Each line: what it is, the fields of each model as a table, and an action that fits.

    Raises:
        UnreadableSchemaError: The schemas are broken.
    """
    yield f"{description.name} {description.metadata.get('version') or ''}".rstrip(), "bold"
    for label, value in _facts(description):
        yield f"{label}{value}", ""
    shapes = read_shapes(description.name, description.schemas)
    for role, type_ in (("action", shapes.action), ("observation", shapes.observation), ("state", shapes.state)):
        if not isinstance(type_, ModelRef):
            yield from (("", ""), (f"{role}: {_type(type_)}", "bold"))
    for model in shapes.models.values():
        yield from (("", ""), (f"{model.name}{_ROLES[model.base]}", "bold"))
        yield from _table(model)
    if description.example is not None:
        yield from (("", ""), (f"example action: {_json(description.example)}", ""))


def _facts(description: Description) -> Iterator[tuple[str, Any]]:
    said, capacity = description.metadata, description.capacity
    facts = {
        "": said.get("description"),
        "author: ": said.get("author"),
        "documentation: ": said.get("documentation_url"),
        "seeds: ": _SEEDS.get(str(said.get("seedable"))),
        "sessions: ": capacity and f"{capacity.get('active_sessions')} of {capacity.get('max_sessions')} are taken",
        "asked: ": description.target,
    }
    return ((label, value) for label, value in facts.items() if value)


def _table(model: Model) -> Iterator[Line]:
    if not model.fields:
        yield "  no fields of its own", "dim"
        return
    rows = [_HEADER, *map(_row, model.fields)]
    described = any(field.description for field in model.fields)
    for number, line in enumerate(table_lines([row if described else row[:-1] for row in rows], names=len(_HEADER))):
        yield f"  {line.rstrip()}", "" if number else "dim"


def _row(field: Field) -> tuple[str, ...]:
    name = field.name if field.name == field.wire else f"{field.name} ({_json(field.wire)})"
    default = {Presence.REQUIRED: "required", Presence.LEFT_OUT: "the server's"}.get(field.presence)
    return name, _type(field.type), default or _json(field.default), field.description or ""


def _type(type_: Type) -> str:
    kind = typed(type_)
    return _brief(", ".join(map(on_one_line, [kind.source, *kind.limits])))


def _json(value: Any) -> str:
    return _brief(json.dumps(value, ensure_ascii=False))


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
