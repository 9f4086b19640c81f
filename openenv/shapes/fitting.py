"""Does a value of JSON fit a type?"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import SchemaValidator

from openenv.shapes.shapes import (
    Anything,
    Choice,
    DictOf,
    Extra,
    Limits,
    ListOf,
    Model,
    ModelRef,
    OneOf,
    Plain,
    Presence,
    TupleOf,
    Type,
)

_MOST = 10_000
_KINDS: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
    "multiple_of": lambda value, unit: value % unit == 0,
    "min_length": lambda value, least: len(value) >= least,
    "max_length": lambda value, most: len(value) <= most,
    "pattern": lambda value, pattern: _matches(pattern, value),
}


def fits(value: Any, type_: Type, models: Mapping[str, Model]) -> bool:
    """Tell whether a value is of a type, as it is: nothing is converted.

    Args:
        value: A value of JSON.
        type_: The type.
        models: The models that it may refer to.

    Returns:
        Whether it is; never for dates and the like, which are text in JSON, nor where it takes too long to tell.
    """
    return _Fitting(models).fits(value, type_)


class _Fitting:
    """Compares values with types, so many times and no more: alternatives inside of alternatives may take for ever."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = models
        self._left = _MOST

    def fits(self, value: Any, type_: Type) -> bool:
        """Tell whether a value is of a type."""
        self._left -= 1
        if self._left < 0:
            return False
        if isinstance(type_, Anything):
            return True
        if isinstance(type_, Plain):
            return _is(value, type_.kind) and _within(value, type_.limits)
        if isinstance(type_, Choice):
            return any(type(value) is type(one) and value == one for one in type_.values)
        if isinstance(type_, OneOf):
            return any(self.fits(value, option) for option in type_.options)
        if isinstance(type_, ModelRef):
            return type_.name in self._models and self._is_model(value, self._models[type_.name])
        return self._is_collection(value, type_)

    def _is_collection(self, value: Any, type_: DictOf | TupleOf | ListOf) -> bool:
        if isinstance(type_, DictOf):
            alike = isinstance(value, dict) and all(self.fits(item, type_.value) for item in value.values())
            return alike and _within(value, type_.limits)
        if not isinstance(value, list):
            return False
        if isinstance(type_, TupleOf):
            places = zip(value, type_.items, strict=False)
            return len(value) == len(type_.items) and all(self.fits(item, place) for item, place in places)
        return all(self.fits(item, type_.item) for item in value) and _within(value, type_.limits)

    def _is_model(self, value: Any, model: Model) -> bool:
        if not isinstance(value, dict):
            return False
        fields = {field.wire: field for field in model.fields}
        if any(field.presence is Presence.REQUIRED and wire not in value for wire, field in fields.items()):
            return False
        if model.extra is Extra.FORBID and not value.keys() <= fields.keys():
            return False
        return all(self.fits(value[wire], field.type) for wire, field in fields.items() if wire in value)


def _matches(pattern: str, text: str) -> bool:
    """Tell whether a text matches a pattern, as pydantic reads it."""
    validator = SchemaValidator({"type": "str", "pattern": pattern})
    return validator.isinstance_python(text)


def _is(value: Any, kind: str) -> bool:
    if kind == "None":
        return value is None
    return isinstance(value, _KINDS.get(kind, ())) and (kind == "bool") == isinstance(value, bool)


def _within(value: Any, limits: Limits) -> bool:
    return all(_COMPARISONS[name](value, limit) for name, limit in limits)
