"""Reads JSON Schemas as shapes. Whatever a server says, this ends soon: in shapes, or in a typed error."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_core import SchemaError, SchemaValidator

from openenv.discovery.fitting import fits
from openenv.discovery.identifiers import IMPORTED, class_name, field_names
from openenv.discovery.names import class_name_of
from openenv.discovery.schema_document import (
    Json,
    SchemaDocument,
    UnreadableSchemaError,
    listed,
    mapped,
    without_definitions,
)
from openenv.discovery.schemas import Schemas
from openenv.discovery.shapes import (
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
)
from openenv.types import Action, Observation, State

_DEEPEST = 60
_MOST = 20_000
_LONGEST = 2**31 - 1
_HUGE = 1e300
_DICT = DictOf(ANYTHING)
_BASES = {"action": Base.ACTION, "observation": Base.OBSERVATION, "state": Base.STATE}
_INHERITED: dict[Base, set[str]] = {
    Base.ACTION: set(Action.model_fields),
    Base.OBSERVATION: set(Observation.model_fields),
    Base.STATE: set(State.model_fields),
    Base.MODEL: set(),
}
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
_ITEMS = {"minItems": "min_length", "maxItems": "max_length"}
_ENTRIES = {"minProperties": "min_length", "maxProperties": "max_length"}


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
    client = class_name(class_name_of(name, "Env"), taken)
    classes = _Classes({*taken, client})
    action, observation, state = (_Reader(name, role, document, classes).root() for role, document in documents.items())
    return Shapes(
        client,
        classes.models,
        action if all(isinstance(each, ModelRef) for each in _options_of(action)) else _DICT,
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
        return _union([self._root_model(each) for each in listed(schema, key, self._role)])

    def _root_model(self, schema: Any) -> Type:
        flat = without_definitions(self._document.flat(schema, self._role))
        if "properties" not in flat:
            return _DICT
        title = _text(flat, "title")
        if title is None or title in IMPORTED:
            title = class_name_of(self._environment, self._role.capitalize())
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
        if self._depth > _DEEPEST:
            raise UnreadableSchemaError(where, f"it is nested more than {_DEEPEST} levels deep")
        if self._count > _MOST:
            raise UnreadableSchemaError(where, f"it describes more than {_MOST} values")
        yield
        self._depth -= 1

    def _read(self, schema: Json, where: str, name: str) -> Type:
        if "const" in schema or "enum" in schema:
            return _choice([schema["const"]] if "const" in schema else listed(schema, "enum", where))
        key = _alternatives(schema)
        if key is not None:
            options = enumerate(listed(schema, key, where), 1)
            return self._one_of([self._type(each, where, f"{name}{n}") for n, each in options], schema, where)
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return _union([self._typed({**schema, "type": kind}, where, name) for kind in kinds])
        return self._typed(schema, where, name)

    def _typed(self, schema: Json, where: str, name: str) -> Type:
        kind = schema.get("type")
        if kind == "string":
            return _string(schema, where)
        if kind in ("integer", "number"):
            python = "int" if kind == "integer" else "float"
            return Plain(python, tuple(_bounds(schema, python, where)))
        if kind == "array" or (kind is None and ("items" in schema or "prefixItems" in schema)):
            return self._array(schema, where, name)
        if kind == "object":
            return self._mapping(schema, where, name)
        return {"boolean": Plain("bool"), "null": NULL}.get(str(kind), ANYTHING)

    def _array(self, schema: Json, where: str, name: str) -> Type:
        first = listed(schema, "prefixItems", where)
        parts = [self._type(part, f"{where}[{n}]", f"{name}{n}") for n, part in enumerate(first)]
        lengths = dict(_lengths(schema, _ITEMS, where))
        if parts and lengths == {"min_length": len(parts), "max_length": len(parts)}:
            return TupleOf(tuple(parts))
        rest = schema.get("items", True)
        item = _union([*parts, *([] if parts and rest is False else [self._type(rest, f"{where}[]", f"{name}Item")])])
        unique = schema.get("uniqueItems") is True and all(
            isinstance(each, (Plain, Choice)) for each in _options_of(item)
        )
        return ListOf(item, tuple(lengths.items()), unique)

    def _mapping(self, schema: Json, where: str, name: str) -> Type:
        values = [*mapped(schema, "patternProperties", where).values()]
        rest = schema.get("additionalProperties", not values)
        values += [] if rest is False else [rest]
        value = _union([self._type(each, f"{where}{{}}", f"{name}Value") for each in values]) if values else ANYTHING
        return DictOf(value, tuple(_lengths(schema, _ENTRIES, where)))

    def _one_of(self, options: list[Type], schema: Json, where: str) -> Type:
        union = _union(options)
        wire = mapped(schema, "discriminator", where).get("propertyName")
        if not isinstance(union, OneOf) or not isinstance(wire, str):
            return union
        tags = [self._tag(option, wire) for option in union.options]
        names = {tag[0] for tag in tags if tag}
        values = [value for tag in tags if tag for value in tag[1]]
        told_apart = None not in tags and len(names) == 1 and len(set(values)) == len(values)
        return OneOf(union.options, names.pop()) if told_apart else union

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
            field = Field(name, wire, type_, Presence.DEFAULT, _exact(said["default"], type_), about)
            # A default that is made of a model which is still read could need itself.
            if not field.converts or self._classes.models.keys() >= {*models_in(type_)}:
                return field
        if required:
            return Field(name, wire, type_, Presence.REQUIRED, None, about)
        empty: Any = {ListOf: [], DictOf: {}}.get(type(type_))
        if self._role != "action" and empty is not None and fits(empty, type_, self._classes.models):
            # What is only read should not have to be asked whether it is there.
            return Field(name, wire, type_, Presence.DEFAULT, empty, about)
        return Field(name, wire, _union([type_, NULL]), Presence.LEFT_OUT, None, about)


def _alternatives(schema: Json) -> str | None:
    return next((key for key in ("anyOf", "oneOf") if key in schema), None)


def _options_of(type_: Type) -> tuple[Type, ...]:
    return type_.options if isinstance(type_, OneOf) else (type_,)


def _union(options: Iterable[Type]) -> Type:
    """Put alternatives together: each once, and nothing last."""
    several = dict.fromkeys(each for option in options for each in _options_of(option))
    if not several or ANYTHING in several:
        return ANYTHING
    if len(several) > 1 and several.pop(NULL, "missing") != "missing":
        several[NULL] = None
    return OneOf(tuple(several)) if len(several) > 1 else next(iter(several))


def _choice(values: list[Any]) -> Type:
    """Choose among texts, whole numbers and the like; of other values only the type is kept."""
    if values and all(value is None or isinstance(value, (str, int)) for value in values):
        distinct = {repr(value): value for value in values}
        nulls = [NULL] if distinct.pop("None", "missing") is None else []
        return _union([*([Choice(tuple(distinct.values()))] if distinct else []), *nulls])
    if values and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return Plain("float")
    return ANYTHING


def _exact(default: Any, type_: Type) -> Any:
    """Write the default of a ``float`` as one, where JSON has no point in it."""
    return float(default) if isinstance(type_, Plain) and type_.kind == "float" and abs(default) < _HUGE else default


def _string(schema: Json, where: str) -> Plain:
    limits = [*_lengths(schema, _TEXT, where)]
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


def _bounds(schema: Json, kind: str, where: str) -> Iterator[tuple[str, Any]]:
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


def _lengths(schema: Json, keys: dict[str, str], where: str) -> Iterator[tuple[str, Any]]:
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


def _text(schema: Json, key: str) -> str | None:
    value = schema.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _extra(schema: Json, base: Base) -> Extra:
    allowed = schema.get("additionalProperties")
    if allowed is None:
        return Extra.FORBID if base is Base.ACTION else Extra.IGNORE
    return Extra.FORBID if allowed is False else Extra.ALLOW
