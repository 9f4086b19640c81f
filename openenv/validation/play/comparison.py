"""Whether two answers are the same, but for what may differ between two plays of one episode. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from openenv.validation.play.arena import Answer
from openenv.validation.wording import brief

_COMPARED = ("observation", "reward", "done", "terminated", "truncated")
_CLOCKS = {"time", "times", "timestamp", "duration", "elapsed", "latency", "seconds", "ms", "clock", "date", "datetime"}
_VARYING = re.compile(r"0x[0-9a-fA-F]{6,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CLOSE = {"rel_tol": 1e-6, "abs_tol": 1e-9}


def difference(one: Answer, other: Answer) -> str | None:
    """Say in what two answers to one request differ, or ``None`` where they are the same.

    Diagnostics, what is called after a clock, random names (UUIDs), addresses of objects and the last digits of a
    number may differ.

    Args:
        one: An answer.
        other: The answer that it is compared with.

    Returns:
        The place, what the first has there, and what the other.
    """
    if one.frame is None or other.frame is None:
        return None
    return next(_differences(_essence(one), _essence(other), ()), None)


def _essence(answer: Answer) -> dict[str, Any]:
    assert answer.frame is not None
    frame = answer.frame
    if frame.kind == "observation":
        return {name: frame.data[name] for name in _COMPARED if name in frame.data}
    return {frame.kind: frame.code}


def _differences(one: Any, other: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}:
            if not _is_clock(name):
                yield from _differences(one.get(name), other.get(name), (*path, name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            yield from _differences(first, second, (*path, str(number)))
    elif not _alike(one, other):
        yield f"{'.'.join(path)} is {brief(one)}, not {brief(other)}"


def _is_clock(name: str) -> bool:
    return name.endswith("_at") or bool(_CLOCKS.intersection(re.split(r"[_\W]+", name.lower())))


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return _VARYING.sub("", one) == _VARYING.sub("", other)
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        both_nan = one != one and other != other
        return both_nan or math.isclose(one, other, **_CLOSE)
    return type(one) is type(other) and one == other
