"""Values that code under test has given: read from JSON, compared with what a test expects.

They come from a process that runs untrusted code, so nothing of them is taken for granted. What travels is plain
data (see ``harness.py``); an object of any other class is only its ``repr`` here and equals nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

RELATIVE, ABSOLUTE = 1e-9, 1e-9
"""How far a float may be from the expected one."""

MAX_SHOWN = 300
"""How many characters of a value are shown."""


@dataclass(frozen=True)
class Other:
    """An object that is no plain data.

    Attributes:
        text: Its ``repr``.
    """

    text: str

    def __repr__(self) -> str:
        return self.text


_CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "list": lambda items: [decoded(item) for item in items],
    "tuple": lambda items: tuple(decoded(item) for item in items),
    "set": lambda items: {decoded(item) for item in items},
    "dict": lambda items: {decoded(key): decoded(value) for key, value in items},
    "bytes": bytes.fromhex,
    "other": lambda text: Other(str(text)),
}


def decoded(data: Any) -> Any:
    """Read a value from its JSON form.

    Args:
        data: A scalar as it is, anything else as ``{kind: content}``.

    Returns:
        The value.

    Raises:
        ValueError: It is not of that form.
        TypeError: Likewise.
        RecursionError: It is nested too deeply.
    """
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if not isinstance(data, dict) or len(data) != 1 or not data.keys() <= _CONTAINERS.keys():
        raise ValueError("this is no value")
    ((kind, content),) = data.items()
    return _CONTAINERS[kind](content)


def same(actual: Any, expected: Any) -> bool:
    """Compare as Python's ``==`` does, but floats within a tolerance, and truth values never with numbers.

    Args:
        actual: What came.
        expected: What the test wants.

    Returns:
        Whether they are the same.
    """
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    if isinstance(expected, float) and isinstance(actual, (int, float)):
        return _close(actual, expected)
    if type(actual) is not type(expected):
        return bool(actual == expected)
    if isinstance(expected, (list, tuple)):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(expected, dict):
        return _same_in_some_order(actual.items(), expected.items())
    if isinstance(expected, set):
        return _same_in_some_order(actual, expected)
    return bool(actual == expected)


def _same_in_some_order(actual: Iterable[Any], expected: Iterable[Any]) -> bool:
    left = list(actual)
    for item in expected:
        place = next((place for place, other in enumerate(left) if same(other, item)), None)
        if place is None:
            return False
        del left[place]
    return not left


def shown(value: Any) -> str:
    """Write a value for people, cut where it is long."""
    return cut(repr(value), MAX_SHOWN)


def cut(text: str, most: int) -> str:
    """Keep the first characters of a text, and say how many there were."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def _close(actual: float, expected: float) -> bool:
    if math.isnan(expected):
        return math.isnan(actual)
    try:
        return math.isclose(actual, expected, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    except OverflowError:  # an integer that no float can hold
        return False
