"""The fields of models for elements of Gymnasium's spaces, as Python source."""

from __future__ import annotations

import keyword
import math
import textwrap
from functools import singledispatchmethod
from typing import Any

import numpy as np
from gymnasium import spaces

from openenv.gymnasium.spaces import EXTENSION, UnsupportedSpaceError, bounds_of, describe
from openenv_cli.field_source import Typed, field_line
from openenv_cli.source import Union, group, labelled, laid_out, literal, text

FIELD = "value"
_LONGEST_TUPLE = 16
_KINDS = {"f": "float", "i": "int", "u": "int", "b": "bool"}
_Array = np.ndarray[Any, Any]


class ModelWriter:
    """Writes fields, and collects the classes that their types need.

    Attributes:
        classes: The source of each class.
    """

    def __init__(self) -> None:
        self.classes: list[str] = []

    def field(self, space: spaces.Space[Any], name: str) -> str:
        """Write the field for an element of a space.

        Args:
            space: The space.
            name: What classes that its type needs are called.

        Returns:
            Its lines, indented as in a class.

        Raises:
            UnsupportedSpaceError: There is no type for the space.
        """
        described = literal({EXTENSION: describe(space)})
        kind = self._type(space, name)
        about = [f"description={text(summary(space))}", labelled("json_schema_extra=", described)]
        value = group("Field(", [*kind.limits, *about])
        return field_line(FIELD, kind.source, value)

    @singledispatchmethod
    def _type(self, space: Any, name: str) -> Typed:
        raise UnsupportedSpaceError(f"there is no type for the space {space}")

    @_type.register
    def _(self, space: spaces.Box, name: str) -> Typed:
        return _array(*bounds_of(space), _KINDS[np.dtype(space.dtype).kind])

    @_type.register
    def _(self, space: spaces.Discrete, name: str) -> Typed:
        return _number("int", int(space.start), int(space.start + space.n - 1))

    @_type.register
    def _(self, space: spaces.MultiDiscrete, name: str) -> Typed:
        return _array(space.start.astype(object), (space.start + space.nvec - 1).astype(object), "int")

    @_type.register
    def _(self, space: spaces.MultiBinary, name: str) -> Typed:
        zeros = np.zeros(space.shape, object)
        return _array(zeros, zeros + 1, "int")

    @_type.register
    def _(self, space: spaces.Text, name: str) -> Typed:
        return Typed("str", (f"min_length={space.min_length}", f"max_length={space.max_length}"))

    @_type.register(spaces.Tuple)
    def _(self, space: Any, name: str) -> Typed:
        parts = [self._type(one, f"{name}{index}").annotated for index, one in enumerate(space.spaces)]
        return Typed(group("tuple[", parts or ["()"]))

    @_type.register
    def _(self, space: spaces.Sequence, name: str) -> Typed:
        return Typed(group("list[", [self._type(space.feature_space, f"{name}Item").annotated]))

    @_type.register(spaces.OneOf)
    def _(self, space: Any, name: str) -> Typed:
        kinds = [self._type(one, f"{name}{index}").annotated for index, one in enumerate(space.spaces)]
        index = _number("int", 0, len(kinds) - 1).annotated
        return Typed(group("tuple[", [index, Union(tuple(dict.fromkeys(kinds)))]))

    @_type.register
    def _(self, space: spaces.Dict, name: str) -> Typed:
        parts = {key: self._type(one, name + _class_part(key)).annotated for key, one in space.spaces.items()}
        if all(key.isidentifier() and not keyword.iskeyword(key) for key in parts):
            fields = [field_line(key, part) for key, part in parts.items()]
            self.classes.append("\n".join([f"class {name}(TypedDict):", *fields]))
        else:
            keys = group("{", [labelled(f"{text(key)}: ", part) for key, part in parts.items()])
            self.classes.append(laid_out(group("TypedDict(", [text(name), keys]), 0, f"{name} = "))
        return Typed(name)


def summary(space: spaces.Space[Any]) -> str:
    """Say in one line what a space is."""
    if isinstance(space, spaces.Text):
        return f"Text of {space.min_length} to {space.max_length} characters"
    return textwrap.shorten(" ".join(str(space).split()), 80, placeholder=" …")


def _number(kind: str, low: Any, high: Any) -> Typed:
    bounds = (("ge", low), ("le", high)) if kind != "bool" else ()
    return Typed(kind, tuple(f"{name}={bound!r}" for name, bound in bounds if math.isfinite(bound)))


def _array(low: _Array, high: _Array, kind: str) -> Typed:
    """Write nested lists of one length; tuples where a few places have bounds of their own."""
    if low.ndim == 0:
        return _number(kind, low.item(), high.item())
    length, same = len(low), (low == low[:1]).all() and (high == high[:1]).all()
    if not same and length <= _LONGEST_TUPLE:
        rows = zip(map(np.asarray, low), map(np.asarray, high), strict=True)
        return Typed(group("tuple[", [_array(*ends, kind).annotated for ends in rows]))
    free = np.full(low.shape[1:], np.inf)
    item = _array(np.asarray(low[0]), np.asarray(high[0]), kind) if length and same else _array(-free, free, kind)
    return Typed(group("list[", [item.annotated]), (f"min_length={length}", f"max_length={length}"))


def _class_part(key: str) -> str:
    return "".join(word.capitalize() for word in "".join(c if c.isalnum() else " " for c in key).split())
