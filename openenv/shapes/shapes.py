"""What the models of an environment look like, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

Limits = tuple[tuple[str, Any], ...]
"""What a type is limited to, by the names that pydantic's ``Field`` has for it: ``(("ge", 0), ("le", 9))``."""


@dataclass(frozen=True)
class Anything:
    """Any value of JSON."""


@dataclass(frozen=True)
class Plain:
    """A value without parts.

    Attributes:
        kind: What Python calls its type: ``str``, ``int``, ``float``, ``bool``, ``None``, ``datetime.date`` …
        limits: What it is limited to.
    """

    kind: str
    limits: Limits = ()


@dataclass(frozen=True)
class Choice:
    """One of these values.

    Attributes:
        values: Texts, whole numbers, booleans, ``None``.
    """

    values: tuple[str | int | bool | None, ...]

    # True equals 1 and hashes alike, but is another choice.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and repr(self.values) == repr(other.values)

    def __hash__(self) -> int:
        return hash(repr(self.values))


@dataclass(frozen=True)
class ListOf:
    """A list of alike items.

    Attributes:
        item: What each is.
        limits: How many there may be.
        unique: Whether no two are equal, so that it is a set.
    """

    item: Type
    limits: Limits = ()
    unique: bool = False


@dataclass(frozen=True)
class TupleOf:
    """A list with a type for each place.

    Attributes:
        items: These types.
    """

    items: tuple[Type, ...]


@dataclass(frozen=True)
class DictOf:
    """A mapping from texts to alike values.

    Attributes:
        value: What each is.
        limits: How many there may be.
    """

    value: Type
    limits: Limits = ()


@dataclass(frozen=True)
class OneOf:
    """A value of one of several types.

    Attributes:
        options: These types.
        discriminator: The field of all these models that tells which one it is, where there is one.
    """

    options: tuple[Type, ...]
    discriminator: str | None = None


@dataclass(frozen=True)
class ModelRef:
    """A model.

    Attributes:
        name: Its class.
    """

    name: str


Type = Anything | Plain | Choice | ListOf | TupleOf | DictOf | OneOf | ModelRef

ANYTHING = Anything()
NULL = Plain("None")


class Presence(Enum):
    """Whether a field has to be given."""

    REQUIRED = "required"
    DEFAULT = "default"
    LEFT_OUT = "left out"
    """It has no default here: where it is ``None`` it is not sent, and the server fills it in."""


@dataclass(frozen=True)
class Field:
    """A field of a model.

    Attributes:
        name: The attribute in Python.
        wire: What it is called in JSON.
        type: What it holds.
        presence: Whether it has to be given.
        default: What it holds where it was not, as JSON.
        description: What it is, for people.
    """

    name: str
    wire: str
    type: Type
    presence: Presence = Presence.REQUIRED
    default: Any = None
    description: str | None = None

    @property
    def factory(self) -> Callable[[], Any] | None:
        """What makes the default, where that is an empty collection."""
        if self.presence is not Presence.DEFAULT or self.default not in ([], {}):
            return None
        if isinstance(self.type, ListOf):
            return set if self.type.unique else list
        return dict if isinstance(self.type, DictOf) else None

    @property
    def converts(self) -> bool:
        """Whether the default becomes something else than JSON has: a model, a tuple, a set."""
        return self.factory is None and isinstance(self.default, (list, dict)) and not _is_json(self.type)


class Base(str, Enum):
    """What a model derives from."""

    ACTION = "Action"
    OBSERVATION = "Observation"
    STATE = "State"
    MODEL = "BaseModel"


class Extra(str, Enum):
    """What becomes of fields that a model does not have."""

    FORBID = "forbid"
    ALLOW = "allow"
    IGNORE = "ignore"


@dataclass(frozen=True)
class Model:
    """An object with named fields.

    Attributes:
        name: Its class.
        base: What that derives from; the fields of the base are not among its own.
        fields: The fields.
        extra: What becomes of others.
        description: What it is, for people.
    """

    name: str
    base: Base
    fields: tuple[Field, ...]
    extra: Extra
    description: str | None = None

    @property
    def renamed(self) -> bool:
        """Whether a field has another name in Python than in JSON."""
        return any(field.name != field.wire for field in self.fields)


@dataclass(frozen=True)
class Shapes:
    """The models of an environment.

    Attributes:
        client: What the class of its clients is called.
        models: Each model by its class, those that others need before these; only circles break that order.
        action: What an action is.
        observation: What an observation is: a model, or a ``dict``.
        state: What a state is: a model, or a ``dict``.
    """

    client: str
    models: dict[str, Model]
    action: Type
    observation: Type
    state: Type


def options_of(type_: Type) -> tuple[Type, ...]:
    """List the alternatives of which a value is one."""
    return type_.options if isinstance(type_, OneOf) else (type_,)


def union(options: Iterable[Type]) -> Type:
    """Put alternatives together: each once, all choices in one, and nothing last."""
    several = dict.fromkeys(each for option in options for each in options_of(option))
    if not several or ANYTHING in several:
        return ANYTHING
    if len(several) > 1 and several.pop(NULL, "missing") != "missing":
        several[NULL] = None
    choices = [each for each in several if isinstance(each, Choice)]
    if len(choices) > 1:
        merged = Choice(tuple({repr(value): value for each in choices for value in each.values}.values()))
        several = dict.fromkeys(merged if each in choices else each for each in several)
    return OneOf(tuple(several)) if len(several) > 1 else next(iter(several))


def models_in(type_: Type) -> Iterator[str]:
    """Name the models that a type is made of."""
    if isinstance(type_, ModelRef):
        yield type_.name
    for part in parts_of(type_):
        yield from models_in(part)


def parts_of(type_: Type) -> tuple[Type, ...]:
    """List the types that a type is directly made of."""
    if isinstance(type_, OneOf):
        return type_.options
    if isinstance(type_, TupleOf):
        return type_.items
    if isinstance(type_, ListOf):
        return (type_.item,)
    return (type_.value,) if isinstance(type_, DictOf) else ()


def _is_json(type_: Type) -> bool:
    """Whether Python has a value of it as JSON does."""
    if isinstance(type_, (TupleOf, ModelRef)) or (isinstance(type_, ListOf) and type_.unique):
        return False
    return all(map(_is_json, parts_of(type_)))
