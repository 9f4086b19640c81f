"""The shortest episode that still shows a failure. Pure.

First requests are left out, in ever smaller runs (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing
Input, 2002), then what the others carry is made simpler: texts and lists in the same way, numbers by bisection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, TypeVar

from openenv.validation.play.script import Request, Script

T = TypeVar("T")


class _Spent(Exception):
    """No tries are left."""


def shortest(script: Script, shows: Callable[[Script], bool], tries: int) -> Script:
    """Make a script shorter and simpler.

    Args:
        script: It shows the failure.
        shows: Whether a script does.
        tries: How often that may be asked.

    Returns:
        A script that shows it.
    """
    best, tried = script, {repr(script)}

    def still(one: Script) -> bool:
        nonlocal best
        if not len(one) or repr(one) in tried:
            return False
        if len(tried) > tries:
            raise _Spent
        tried.add(repr(one))
        shown = shows(one)
        best = one if shown else best
        return shown

    try:
        before: Script | None = None
        while best != before:
            before = best
            _ = still(_plainest(best)) or still(best.without_states())
            still(_uniform(best))
            _shorten(best.requests, lambda requests: still(Script(tuple(requests))))
            _simplify(best, still)
    except _Spent:
        pass
    return best


def simplest(value: Any, shows: Callable[[Any], bool]) -> Any:
    """Make a JSON value simpler.

    Args:
        value: It shows the failure.
        shows: Whether a value does.

    Returns:
        A value that shows it.
    """
    if isinstance(value, bool):
        return False if value and shows(False) else value
    if isinstance(value, int):
        return _smallest(value, shows)
    if isinstance(value, float):
        return _roundest(value, shows)
    if isinstance(value, str):
        return "".join(_shorten(value, lambda letters: shows("".join(letters))))
    if isinstance(value, list):
        return _simplest_items(value, shows)
    if isinstance(value, dict):
        return _simplest_fields(value, shows)
    return value


def _plainest(script: Script) -> Script:
    """Keep the reset of the episode in which it ends, and the last request: what often is enough, and quickly tried."""
    *before, last = script.requests
    begun = [request for request in before if request.kind == "reset" and request.session == last.session]
    return Script((*begun[-1:], last))


def _shorten(items: Sequence[T], shows: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """Leave out what can be left out."""
    if len(items) and shows(items[:0]):
        return items[:0]
    length = len(items)
    while length > 1:
        length = (length + 1) // 2
        end = len(items)
        while end > 0:
            begin = max(0, end - length)
            rest = (*items[:begin], *items[end:])
            if rest and shows(rest):
                items = rest
            end = begin
    return items


def _uniform(script: Script) -> Script:
    """Take the same action in each step."""
    steps = [request.data for request in script if request.kind == "step"]
    return Script(tuple(replace(one, data=steps[0]) if one.kind == "step" else one for one in script))


def _simplify(script: Script, still: Callable[[Script], bool]) -> None:
    """Make what is sent simpler, what is the same all at once."""
    for request in {_sent(one): one for one in script}.values():
        script = _simplified(script, request, still)


def _simplified(script: Script, request: Request, still: Callable[[Script], bool]) -> Script:
    same = [_sent(one) == _sent(request) for one in script]

    def changed(data: Any) -> Script:
        return Script(tuple(replace(one, data=data) if this else one for one, this in zip(script, same, strict=True)))

    def shows(data: Any) -> bool:
        # A reset keeps its seed, without which episodes may differ for no other reason.
        return (request.kind != "reset" or "seed" in data) and still(changed(data))

    return changed(simplest(request.data, shows))


def _sent(request: Request) -> str:
    return repr((request.kind, request.data))


def _smallest(value: int, shows: Callable[[int], bool]) -> int:
    """Come as near to 0 as it goes, by bisection."""
    if not value or shows(0):
        return 0
    sign = 1 if value > 0 else -1
    low, high = 0, abs(value)
    while high - low > 1:
        middle = (low + high) // 2 if low else 1
        low, high = (low, middle) if shows(sign * middle) else (middle, high)
    return sign * high


def _roundest(value: float, shows: Callable[[float], bool]) -> float:
    """Take a whole number, if it can be one, and one that is written shortly."""
    if not math.isfinite(value):
        return value
    for simple in (0.0, 1.0, -1.0, *(float(f"{value:.{digits}g}") for digits in range(1, 17))):
        if repr(simple) == repr(value) or shows(simple):
            return simple
    return value


def _simplest_items(items: list[Any], shows: Callable[[Any], bool]) -> list[Any]:
    items = list(_shorten(items, lambda some: shows(list(some))))
    for place in range(len(items)):
        items[place] = simplest(items[place], _with(items, place, shows))
    return items


def _simplest_fields(fields: dict[str, Any], shows: Callable[[Any], bool]) -> dict[str, Any]:
    for name in list(fields):
        rest = {other: fields[other] for other in fields if other != name}
        fields = rest if shows(rest) else {**fields, name: simplest(fields[name], _with(fields, name, shows))}
    return fields


def _with(whole: Any, key: Any, shows: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Ask of an item whether the whole shows it with that item in it."""

    def shows_with(item: Any) -> bool:
        other = copy(whole)
        other[key] = item
        return shows(other)

    return shows_with
