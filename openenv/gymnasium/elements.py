"""Elements of spaces as JSON, and back."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import concatenate, create_empty_array, iterate
from numpy.typing import NDArray

from openenv.gymnasium.spaces import AnyOf, Choice, plain


@singledispatch
def to_json(space: Any, element: Any) -> Any:
    """Write an element of a space as JSON.

    Args:
        space: The space; one that ``describe`` knows, ``Choice`` or ``AnyOf``.
        element: The element.

    Returns:
        It as JSON values.

    Raises:
        ValueError: It is clear at once that the space does not hold it.
    """
    return plain(element)  # arrays, numbers and texts


@to_json.register
def _(space: Choice, element: Any) -> Any:
    if element not in space:
        raise ValueError(f"{element!r} is none of the indexes 0 to {len(space.values) - 1}")
    return space.values[int(element)]


@to_json.register(spaces.Tuple)
def _(space: Any, element: Any) -> Any:
    return [to_json(one, item) for one, item in zip(space.spaces, element, strict=True)]


@to_json.register
def _(space: spaces.Dict, element: Any) -> Any:
    if set(element) != set(space.spaces):
        raise ValueError(f"the keys are {sorted(space.spaces)}, not {sorted(element)}")
    return {name: to_json(one, element[name]) for name, one in space.spaces.items()}


@to_json.register
def _(space: spaces.Sequence, element: Any) -> Any:
    items = iterate(space.stacked_feature_space, element) if space.stack else element
    return [to_json(space.feature_space, item) for item in items]


@to_json.register(spaces.OneOf)
def _(space: Any, element: Any) -> Any:
    index, item = element
    written = to_json(space.spaces[index], item)  # raises where the index is none
    return [int(index), written]


@to_json.register
def _(space: AnyOf, element: Any) -> Any:
    index, item = element
    return to_json(space.spaces[index], item)


@singledispatch
def from_json(space: Any, value: Any) -> Any:
    """Read an element of a space.

    Args:
        space: The space; one that ``describe`` knows, ``Choice`` or ``AnyOf``.
        value: What ``to_json`` wrote.

    Returns:
        The element, with the space's own types. Whether the space holds it, only ``in`` says.

    Raises:
        ValueError: The value has another form, or numbers that the space's type cannot hold.
        TypeError: The value has another form.
    """
    return _array(value, space.dtype).reshape(space.shape)  # Box, MultiDiscrete and MultiBinary


@from_json.register
def _(space: spaces.Discrete, value: Any) -> Any:
    return _array(value, space.dtype).reshape(())[()]


@from_json.register
def _(space: Choice, value: Any) -> Any:
    for index, known in enumerate(space.values):
        if known == value and type(known) is type(value):
            return np.int64(index)
    raise ValueError(f"{value!r} is none of {space.values}")


@from_json.register
def _(space: spaces.Text, value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


@from_json.register(spaces.Tuple)
def _(space: Any, value: Any) -> Any:
    return tuple(from_json(one, item) for one, item in zip(space.spaces, value, strict=True))


@from_json.register
def _(space: spaces.Dict, value: Any) -> Any:
    missing = set(space.spaces) - set(value)
    if missing:
        raise ValueError(f"there is no {' and no '.join(sorted(missing))} in {value!r}")
    return {name: from_json(one, value[name]) for name, one in space.spaces.items()}


@from_json.register
def _(space: spaces.Sequence, value: Any) -> Any:
    items = tuple(from_json(space.feature_space, item) for item in value)
    if not space.stack:
        return items
    stacked: Any = create_empty_array(space.feature_space, len(items))
    return concatenate(space.feature_space, items, stacked)


@from_json.register(spaces.OneOf)
def _(space: Any, value: Any) -> Any:
    index, item = value
    if index not in range(len(space.spaces)):
        raise ValueError(f"{index!r} is none of the indexes 0 to {len(space.spaces) - 1}")
    return np.int64(index), from_json(space.spaces[index], item)


@from_json.register
def _(space: AnyOf, value: Any) -> Any:
    for index, option in enumerate(space.spaces):
        try:
            item = from_json(option, value)
        except (ValueError, TypeError):
            continue
        if to_json(option, item) == value:
            return np.int64(index), item
    raise ValueError(f"{value!r} is of none of the kinds in {space}")


def _array(value: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Make an array of numbers, and refuse any that would become another one; only fractions are rounded."""
    try:
        with np.errstate(over="ignore"):  # it is seen below
            array: NDArray[Any] = np.array(value, dtype)
    except OverflowError as error:
        raise ValueError(f"{value!r} does not fit into {dtype}: {error}") from error
    if dtype.kind == "f" and np.isfinite(array).all():
        return array
    given = np.array(value, object)
    doubtful = ~np.isfinite(array) if dtype.kind == "f" else array != given
    for now, was in zip(array[doubtful].tolist(), given[doubtful].tolist(), strict=True):
        if plain(now) != plain(was):
            raise ValueError(f"{was!r} does not fit into {dtype}")
    return array
