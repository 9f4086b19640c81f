"""Whether two answers are the same, but for what may differ between two plays of one episode. Pure."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openenv.validation.play.arena import Answer
from openenv.validation.wording import brief

_COMPARED = ("observation", "reward", "done", "terminated", "truncated")
_NAME = "episode_id"
"""What tells one episode from another one, and so is never the same."""

_MEASURED = {"duration", "elapsed", "latency", "runtime", "uptime", "ms", "us", "ns"}
_UNITS = {"s", "sec", "secs", "seconds"}
_CLOCKS = {"time", "times", "timestamp", "seconds", "clock", "date", "datetime"}
_FIRST_STAMP = 1e8
"""Where whole numbers begin that count from 1970; smaller ones are as likely something that a game counts."""

_STAMP = r"\d:\d\d|\d{4}-\d\d-\d\d|\d/\d\d?/\d|\d{9}"
_TIME = re.compile(rf"{_STAMP}|^-?P[\dT]|^-?[\d.]+ ?[a-zµ]*$")
_CLOCK = re.compile(rf"{_STAMP}|\d\.\d+ ?[mµun]?s")
_DIGITS = re.compile(r"\d+")

_TEMPORARY = {"/tmp", "/var/tmp", "/private/tmp", "/var/folders", "/private/var/folders", tempfile.gettempdir()}
_VARYING = re.compile(
    r"0x[0-9a-fA-F]{6,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\btmp[a-z0-9_]{8}\b"
    rf"|(?:{'|'.join(map(re.escape, sorted(_TEMPORARY, key=len, reverse=True)))})(?:/[\w.@+=-]+)+"
)
"""Addresses of objects, UUIDs, and what lies in the folder for temporary files."""

_CLOSE = {"rel_tol": 1e-6, "abs_tol": 1e-9}


@dataclass(frozen=True)
class Difference:
    """Where two answers to one request differ first.

    Attributes:
        place: Where that is.
        one: What the first has there.
        other: What the second has there.
    """

    place: str
    one: Any
    other: Any

    def __str__(self) -> str:
        return f"{self.place} is {brief(self.one)}, not {brief(self.other)}"

    @property
    def of_clocks(self) -> bool:
        """Whether it looks as if a clock had been read both times."""
        texts = str(self.one), str(self.other)
        alike = len({_DIGITS.sub("0", text) for text in texts}) == 1
        return alike and all(_CLOCK.search(text) for text in texts)


def difference(one: Answer, other: Answer) -> Difference | None:
    """Say in what two answers to one request differ, or ``None`` where they are the same.

    Diagnostics, times in fields that are called after a clock, random names (UUIDs), what lies in the folder for
    temporary files, addresses of objects and the last digits of a number may differ, and so may the episode's name.

    Args:
        one: An answer.
        other: The answer that it is compared with.
    """
    if one.frame is None or other.frame is None:
        said = [f"missing ({answer.trouble})" if answer.frame is None else "given" for answer in (one, other)]
        return None if one.frame is other.frame else Difference("the answer", *said)
    return next(differences(_essence(one), _essence(other)), None)


def differences(one: Any, other: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Go through everything in which two values differ that may not.

    Args:
        one: A value as it came in JSON.
        other: The value that it is compared with.
        path: The names under which they stand.
    """
    if isinstance(one, (dict, list)) and one == other:
        return  # at once: item by item, a large observation takes seconds
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}:
            yield from differences(one.get(name), other.get(name), (*path, name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            yield from differences(first, second, (*path, str(number)))
    elif not _alike(one, other) and not (_is_time(one, path) and _is_time(other, path)):
        yield Difference(".".join(path), one, other)


def _essence(answer: Answer) -> dict[str, Any]:
    assert answer.frame is not None
    frame = answer.frame
    if frame.kind == "observation":
        return {name: frame.data[name] for name in _COMPARED if name in frame.data}
    if frame.kind == "state":
        return {"state": {name: value for name, value in frame.data.items() if name != _NAME}}
    return {frame.kind: frame.code}


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return _VARYING.sub("", one) == _VARYING.sub("", other)
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        both_nan = one != one and other != other
        return both_nan or math.isclose(one, other, **_CLOSE)
    return type(one) is type(other) and one == other


def _is_time(value: Any, path: tuple[str, ...]) -> bool:
    """Say whether a value can be a time of day or a duration, and is called so."""
    names = [[word for word in re.split(r"[_\W]+", name.lower()) if word] for name in path]
    measured = any(_MEASURED.intersection(words) or _UNITS.intersection(words[-1:]) for words in names)
    if not measured and not any(_CLOCKS.intersection(words) or words[-1:] == ["at"] for words in names):
        return False
    if isinstance(value, str):
        return _TIME.search(value) is not None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and (measured or isinstance(value, float) or abs(value) >= _FIRST_STAMP)
