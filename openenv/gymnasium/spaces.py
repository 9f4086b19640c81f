"""Spaces as JSON, and the two that JSON Schemas need beside Gymnasium's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import singledispatch
from typing import Any

import numpy as np
from gymnasium import spaces

from openenv.errors import ConfigurationError

EXTENSION = "x-gymnasium-space"
"""The key of a JSON Schema under which a field's space is described in full."""

Json = dict[str, Any]


class UnsupportedSpaceError(ConfigurationError):
    """A space has no form as JSON, or a JSON Schema has none as a space."""


class Choice(spaces.Discrete[np.int64]):
    """Some JSON values, numbered from 0: an ``enum`` of a schema, a boolean or null.

    Args:
        values: The values; the elements of the space are their indexes.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = tuple(values)
        super().__init__(len(self.values))

    def __repr__(self) -> str:
        return f"Choice({', '.join(map(repr, self.values))})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and self.values == other.values


class AnyOf(spaces.OneOf):  # type: ignore[type-arg]  # not generic in Gymnasium 1.2
    """A JSON value of one of several kinds, which does not say of which: ``anyOf`` of a schema.

    Args:
        options: The kinds; an element of the space is ``(index, element of that kind)``.
    """


@singledispatch
def describe(space: object) -> Json:
    """Write a space as JSON.

    Args:
        space: Any of Gymnasium's spaces but ``Graph``.

    Returns:
        What ``space_of`` makes an equal space from.

    Raises:
        UnsupportedSpaceError: The space, or one inside it, is of another kind.
    """
    raise UnsupportedSpaceError(
        f"the space {space} cannot be written as JSON",
        {"kind": type(space).__name__},
        hint="wrap the environment so that it has one of: " + ", ".join(_READERS),
    )


@describe.register
def _(space: spaces.Box) -> Json:
    bounds = {name: _bounds(bound) for name, bound in zip(("low", "high"), bounds_of(space), strict=True)}
    return {"type": "Box", **bounds, "shape": list(space.shape), "dtype": _dtype(space)}


@describe.register
def _(space: spaces.Discrete) -> Json:
    return {"type": "Discrete", "n": int(space.n), "start": int(space.start), "dtype": _dtype(space)}


@describe.register
def _(space: spaces.MultiDiscrete) -> Json:
    start = space.start.tolist()
    return {"type": "MultiDiscrete", "nvec": space.nvec.tolist(), "start": start, "dtype": _dtype(space)}


@describe.register
def _(space: spaces.MultiBinary) -> Json:
    return {"type": "MultiBinary", "n": int(space.n) if isinstance(space.n, (int, np.integer)) else list(space.n)}


@describe.register
def _(space: spaces.Text) -> Json:
    lengths = {"min_length": int(space.min_length), "max_length": int(space.max_length)}
    return {"type": "Text", **lengths, "charset": "".join(space.character_list)}


@describe.register(spaces.Tuple)
def _(space: Any) -> Json:
    return {"type": "Tuple", "spaces": [describe(one) for one in space.spaces]}


@describe.register
def _(space: spaces.Dict) -> Json:
    # Pairs, since the order counts where a space is flattened, and pydantic sorts the keys of schemas.
    return {"type": "Dict", "spaces": [[name, describe(one)] for name, one in space.spaces.items()]}


@describe.register
def _(space: spaces.Sequence) -> Json:
    return {"type": "Sequence", "space": describe(space.feature_space), "stack": space.stack}


@describe.register(spaces.OneOf)
def _(space: Any) -> Json:
    return {"type": "OneOf", "spaces": [describe(one) for one in space.spaces]}


def space_of(description: Json) -> spaces.Space[Any]:
    """Make a space from what ``describe`` wrote.

    Args:
        description: The space as JSON.

    Returns:
        The space.

    Raises:
        UnsupportedSpaceError: The description is none.
    """
    try:
        return _READERS[description["type"]](description)
    except (KeyError, TypeError, ValueError, OverflowError, AssertionError) as error:
        raise UnsupportedSpaceError(f"{description!r} describes no space: {error!r}") from error


def bounds_of(space: spaces.Box) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Find the bounds of a box as ``box_of`` takes them."""
    # As numbers of Python, which those of a bool become too.
    low, high = (np.array((bound + 0).tolist(), object).reshape(space.shape) for bound in (space.low, space.high))
    return np.where(space.bounded_below, low, -np.inf), np.where(space.bounded_above, high, np.inf)


def box_of(low: np.ndarray[Any, Any], high: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> spaces.Box:
    """Make a box whose bounds are exact, and infinite ones known as such.

    Args:
        low: The lower bounds as Python's numbers, an array of objects: ``-inf`` where there is none.
        high: The upper bounds likewise: ``inf`` where there is none.
        dtype: The type of the space's elements.

    Returns:
        The space.
    """
    below, above = np.asarray(low != -np.inf), np.asarray(high != np.inf)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = np.where(below, low, limits.min), np.where(above, high, limits.max)
    box = spaces.Box(low.astype(dtype), high.astype(dtype), low.shape, dtype.type)
    # Gymnasium samples by these, and takes them from floats only, which not all integers fit into.
    box.bounded_below, box.bounded_above = below, above
    return box


def _box(description: Json) -> spaces.Box:
    low, high = (np.array(_numbers(description[key]), object) for key in ("low", "high"))
    shape = tuple(description["shape"])
    return box_of(np.broadcast_to(low, shape), np.broadcast_to(high, shape), np.dtype(description["dtype"]))


def _numbers(bounds: Any) -> Any:
    if isinstance(bounds, list):
        return [_numbers(bound) for bound in bounds]
    return float(bounds) if isinstance(bounds, str) else bounds


def _multi_discrete(description: Json) -> spaces.MultiDiscrete[Any]:
    dtype: np.dtype[Any] = np.dtype(description["dtype"])
    nvec, start = (np.array(description[key], dtype) for key in ("nvec", "start"))
    return spaces.MultiDiscrete(nvec, dtype.type, start=start)


def _discrete(description: Json) -> spaces.Discrete[Any]:
    return spaces.Discrete(description["n"], start=description["start"], dtype=np.dtype(description["dtype"]).type)


def _text(description: Json) -> spaces.Text:
    lengths = {key: description[key] for key in ("min_length", "max_length")}
    return spaces.Text(**lengths, charset=description["charset"])


def _dict(description: Json) -> spaces.Dict:
    return spaces.Dict([(name, space_of(one)) for name, one in description["spaces"]])


_READERS: dict[str, Callable[[Json], spaces.Space[Any]]] = {
    "Box": _box,
    "Discrete": _discrete,
    "MultiDiscrete": _multi_discrete,
    "MultiBinary": lambda description: spaces.MultiBinary(description["n"]),
    "Text": _text,
    "Tuple": lambda description: spaces.Tuple([space_of(one) for one in description["spaces"]]),
    "Dict": _dict,
    "Sequence": lambda description: spaces.Sequence(space_of(description["space"]), stack=description["stack"]),
    "OneOf": lambda description: spaces.OneOf([space_of(one) for one in description["spaces"]]),
}


def plain(value: Any) -> Any:
    """Make JSON of what environments put into their infos.

    Args:
        value: Numbers, texts, arrays and containers of them.

    Returns:
        It with lists for arrays, tuples and sets, numbers for numpy's, words for numbers that are not
        finite (``"NaN"``, ``"Infinity"``, ``"-Infinity"``), and text for everything that JSON does not know.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)


def _bounds(bounds: np.ndarray[Any, Any]) -> Any:
    """Write bounds as nested lists, or as one number where all are the same."""
    same = bounds.size > 0 and bool((bounds == bounds.flat[0]).all())
    return plain(bounds.flat[0] if same else bounds)


def _dtype(space: spaces.Space[Any]) -> str:
    return str(np.dtype(space.dtype).name)
