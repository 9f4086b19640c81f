"""Types of fields as Python source."""

from __future__ import annotations

from openenv.shapes.shapes import (
    Anything,
    Choice,
    DictOf,
    Limits,
    ListOf,
    OneOf,
    Plain,
    TupleOf,
    Type,
)
from openenv_cli.field_source import Typed
from openenv_cli.source import Source, Union, group, labelled, literal, text


def typed(type_: Type) -> Typed:
    """Write a type."""
    if isinstance(type_, Anything):
        return Typed("Any")
    if isinstance(type_, Plain):
        return Typed(type_.kind, _limits(type_.limits))
    if isinstance(type_, Choice):
        return Typed(group("Literal[", map(literal, type_.values)))
    if isinstance(type_, ListOf):
        return Typed(group("set[" if type_.unique else "list[", [_inner(type_.item)]), _limits(type_.limits))
    if isinstance(type_, TupleOf):
        return Typed(group("tuple[", map(_inner, type_.items)))
    if isinstance(type_, DictOf):
        return Typed(group("dict[", ["str", _inner(type_.value)]), _limits(type_.limits))
    if not isinstance(type_, OneOf):
        return Typed(type_.name)
    union = Union(tuple(map(_inner, type_.options)))
    if type_.discriminator is None:
        return Typed(union)
    return Typed(group("Annotated[", [union, group("Field(", [f"discriminator={text(type_.discriminator)}"])]))


def _inner(type_: Type) -> Source:
    return typed(type_).annotated


def _limits(limits: Limits) -> tuple[Source, ...]:
    return tuple(labelled(f"{name}=", literal(limit)) for name, limit in limits)
