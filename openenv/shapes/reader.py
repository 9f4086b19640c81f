"""Reads JSON Schemas as shapes. Whatever a server says, this ends soon: in shapes, or in a typed error."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openenv.shapes.document import (
    Json,
    SchemaDocument,
    UnreadableSchemaError,
    listed,
    mapped,
    without_definitions,
)
from openenv.shapes.fitting import fits
from openenv.shapes.identifiers import IMPORTED, class_name, field_names, stem_of
from openenv.shapes.plain import ENTRIES, ITEMS, bounds, choice, exact, lengths, string
from openenv.shapes.schemas import Schemas
from openenv.shapes.shapes import (
    ANYTHING,
    NULL,
    Base,
    Choice,
    DictOf,
    Extra,
    Field,
    ListOf,
    Model,
    ModelRef,
    OneOf,
    Plain,
    Presence,
    Shapes,
    TupleOf,
    Type,
    models_in,
    options_of,
    union,
)
from openenv.types import Action, Observation, State

_DEEPEST = 60
_DEEPEST_WITH_MODELS = 150
_MOST = 20_000
_DICT = DictOf(ANYTHING)
_BASES = {"action": Base.ACTION, "observation": Base.OBSERVATION, "state": Base.STATE}
_INHERITED: dict[Base, set[str]] = {
    Base.ACTION: set(Action.model_fields),
    Base.OBSERVATION: set(Observation.model_fields),
    Base.STATE: set(State.model_fields),
    Base.MODEL: set(),
}


def read_shapes(name: str, schemas: Schemas) -> Shapes:
    """Read the JSON Schemas of an environment.

    Args:
        name: The environment's name; the client is called after it, and a model that has no name of its own.
        schemas: What its server gives.

    Returns:
        The shapes. What they cannot say (``not``, ``if`` …) is left to the server to check.

    Raises:
        UnreadableSchemaError: They are broken, or too large or too deep to be meant.
    """
    documents = {role: SchemaDocument(schema, role) for role, schema in schemas._asdict().items()}
    # In a module, a field that is called like a class would hide it from the fields below.
    taken = {each for document in documents.values() for each in document.properties}
    client = class_name(f"{stem_of(name)}Env", taken)
    classes = _Classes({*taken, client})
    action, observation, state = (_Reader(name, role, document, classes).root() for role, document in documents.items())
    return Shapes(
        client,
        classes.models,
        action if all(isinstance(each, ModelRef) for each in options_of(action)) else _DICT,
        observation if isinstance(observation, ModelRef) else _DICT,
        state if isinstance(state, ModelRef) else _DICT,
    )


class _Classes:
    """The classes of all models, each made once.

    Attributes:
        models: The models that have been read.
    """

    def __init__(self, taken: set[str]) -> None:
        self.models: dict[str, Model] = {}
        self._taken = taken
        self._known: dict[str, tuple[str, Base]] = {}

    def find(self, identity: str, base: Base) -> str | None:
        """Find the class of a model, which may still be read; one that is used inside others may have any base."""
        name, found = self._known.get(identity, (None, base))
        return name if base in (found, Base.MODEL) else None

    def name(self, identity: str, base: Base, text: str) -> str:
        """Name the class of a model."""
        name = class_name(text, self._taken)
        self._taken.add(name)
        self._known.setdefault(identity, (name, base))
        return name


class _Reader:
    """Reads one schema, that of actions, observations or states."""

    def __init__(self, name: str, role: str, document: SchemaDocument, classes: _Classes) -> None:
        self._environment = name
        self._role = role
        self._document = document
        self._classes = classes
        self._open: list[str] = []
        self._depth = self._count = 0

    def root(self) -> Type:
        """Read the whole of it: a model, or one of several."""
        schema = self._document.flat(self._document.root, self._role)
        key = _alternatives(schema)
        if key is None or "properties" in schema:
            return self._root_model(schema)
        return union([self._root_model(each) for each in listed(schema, key, self._role)])

    def _root_model(self, schema: Any) -> Type:
        flat = without_definitions(self._document.flat(schema, self._role))
        if "properties" not in flat:
            return _DICT
        title = _text(flat, "title")
        if title is None or title in IMPORTED:
            title = stem_of(self._environment) + self._role.capitalize()
        return self._model(flat, title, self._role, _BASES[self._role])

    def _type(self, schema: Any, where: str, name: str) -> Type:
        """Read a part; ``name`` is for a model that has none."""
        flat = self._document.flat(schema, where)
        if "properties" in flat:
            return self._model(flat, _text(flat, "title") or name, where, Base.MODEL)
        reference = str(schema.get("$ref")) if isinstance(schema, dict) and "$ref" in schema else None
        if reference in self._open:
            return ANYTHING  # a circle without a model in it, which has no name by which it could be closed
        self._open.append(reference or "")
        with self._deeper(where):
            found = self._read(flat, where, name)
        self._open.pop()
        return found

    @contextmanager
    def _deeper(self, where: str) -> Iterator[None]:
        self._depth += 1
        self._count += 1
        if len(self._open) > _DEEPEST or self._depth > _DEEPEST_WITH_MODELS:
            raise UnreadableSchemaError(where, "it is nested too deeply")
        if self._count > _MOST:
            raise UnreadableSchemaError(where, f"it describes more than {_MOST} values")
        yield
        self._depth -= 1

    def _read(self, schema: Json, where: str, name: str) -> Type:
        if "const" in schema or "enum" in schema:
            return choice([schema["const"]] if "const" in schema else listed(schema, "enum", where))
        key = _alternatives(schema)
        if key is not None:
            options = enumerate(listed(schema, key, where), 1)
            return self._one_of([self._type(each, where, f"{name}{n}") for n, each in options], schema, where)
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return union([self._typed({**schema, "type": kind}, where, name) for kind in kinds])
        return self._typed(schema, where, name)

    def _typed(self, schema: Json, where: str, name: str) -> Type:
        kind = schema.get("type")
        if kind == "string":
            return string(schema, where)
        if kind in ("integer", "number"):
            python = "int" if kind == "integer" else "float"
            return Plain(python, tuple(bounds(schema, python, where)))
        if kind == "array" or (kind is None and ("items" in schema or "prefixItems" in schema)):
            return self._array(schema, where, name)
        if kind == "object":
            return self._mapping(schema, where, name)
        return {"boolean": Plain("bool"), "null": NULL}.get(str(kind), ANYTHING)

    def _array(self, schema: Json, where: str, name: str) -> Type:
        first = listed(schema, "prefixItems", where)
        parts = [self._type(part, f"{where}[{n}]", f"{name}{n}") for n, part in enumerate(first)]
        limits = dict(lengths(schema, ITEMS, where))
        if parts and limits == {"min_length": len(parts), "max_length": len(parts)}:
            return TupleOf(tuple(parts))
        rest = schema.get("items", True)
        item = union([*parts, *([] if parts and rest is False else [self._type(rest, f"{where}[]", f"{name}Item")])])
        unique = schema.get("uniqueItems") is True and all(
            isinstance(each, (Plain, Choice)) for each in options_of(item)
        )
        return ListOf(item, tuple(limits.items()), unique)

    def _mapping(self, schema: Json, where: str, name: str) -> Type:
        values = [*mapped(schema, "patternProperties", where).values()]
        rest = schema.get("additionalProperties", not values)
        values += [] if rest is False else [rest]
        value = union([self._type(each, f"{where}{{}}", f"{name}Value") for each in values]) if values else ANYTHING
        return DictOf(value, tuple(lengths(schema, ENTRIES, where)))

    def _one_of(self, options: list[Type], schema: Json, where: str) -> Type:
        found = union(options)
        wire = mapped(schema, "discriminator", where).get("propertyName")
        if not isinstance(found, OneOf) or not isinstance(wire, str):
            return found
        tags = [self._tag(option, wire) for option in found.options]
        names = {tag[0] for tag in tags if tag}
        values = [value for tag in tags if tag for value in tag[1]]
        told_apart = None not in tags and len(names) == 1 and len(set(values)) == len(values)
        return OneOf(found.options, names.pop()) if told_apart else found

    def _tag(self, option: Type, wire: str) -> tuple[str, tuple[Any, ...]] | None:
        """Find the field that tells which model this is, and what it may hold; ``None`` where it cannot tell."""
        model = self._classes.models.get(option.name) if isinstance(option, ModelRef) else None
        for field in model.fields if model else ():
            if field.wire == wire and isinstance(field.type, Choice):
                return (field.name, field.type.values) if all(isinstance(v, str) for v in field.type.values) else None
        return None

    def _model(self, schema: Json, text: str, where: str, base: Base) -> ModelRef:
        identity = self._document.identity(schema)
        known = self._classes.find(identity, base)
        if known is not None:
            return ModelRef(known)
        name = self._classes.name(identity, base, text)
        self._open, outside = [], self._open
        inherited = _INHERITED[base]
        own = mapped(schema, "properties", where)
        properties = {wire: own[wire] for wire in own if wire not in inherited}
        required = listed(schema, "required", where)
        with self._deeper(where):
            fields = [
                self._field(python, wire, properties[wire], wire in required, f"{where}.{wire}", f"{name} {wire}")
                for wire, python in field_names(properties, inherited).items()
            ]
        self._open = outside
        description = _text(schema, "description")
        self._classes.models[name] = Model(
            name, base, tuple(fields), _extra(schema, base), description and inspect.cleandoc(description)
        )
        return ModelRef(name)

    def _field(self, name: str, wire: str, schema: Any, required: bool, where: str, model: str) -> Field:
        type_ = self._type(schema, where, model)
        said = schema if isinstance(schema, dict) else {}
        description = _text(said, "description")
        about = description and " ".join(description.split())
        if "default" in said and fits(said["default"], type_, self._classes.models):
            field = Field(name, wire, type_, Presence.DEFAULT, exact(said["default"], type_), about)
            # A default that is made of a model which is still read could need itself.
            if not field.converts or self._classes.models.keys() >= {*models_in(type_)}:
                return field
        if required:
            return Field(name, wire, type_, Presence.REQUIRED, None, about)
        empty: Any = {ListOf: [], DictOf: {}}.get(type(type_))
        if self._role != "action" and empty is not None and fits(empty, type_, self._classes.models):
            # What is only read should not have to be asked whether it is there.
            return Field(name, wire, type_, Presence.DEFAULT, empty, about)
        return Field(name, wire, union([type_, NULL]), Presence.LEFT_OUT, None, about)


def _alternatives(schema: Json) -> str | None:
    return next((key for key in ("anyOf", "oneOf") if key in schema), None)


def _text(schema: Json, key: str) -> str | None:
    value = schema.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _extra(schema: Json, base: Base) -> Extra:
    allowed = schema.get("additionalProperties")
    if allowed is None:
        return Extra.FORBID if base is Base.ACTION else Extra.IGNORE
    return Extra.FORBID if allowed is False else Extra.ALLOW
