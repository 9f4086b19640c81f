"""The shortest episode that still shows a failure. Pure.

First requests are left out, in ever smaller runs (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing
Input, 2002), then what the others carry is made simpler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from openenv.validation.play.script import Request, Script


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
    shrinker = _Shrinker(script, shows, tries)
    try:
        while shrinker.shorten() or shrinker.simplify():
            pass
    except _Spent:
        pass
    return shrinker.script


class _Shrinker:
    def __init__(self, script: Script, shows: Callable[[Script], bool], tries: int) -> None:
        self.script = script
        self._shows = shows
        self._tries = tries

    def shorten(self) -> bool:
        """Leave out what can be left out; whether anything could."""
        before, length = len(self.script), len(self.script)
        while length > 1:
            length = (length + 1) // 2
            end = len(self.script)
            while end > 0:
                begin = max(0, end - length)
                self._try(Script((*self.script.requests[:begin], *self.script.requests[end:])))
                end = begin
        return len(self.script) < before

    def simplify(self) -> bool:
        """Make data simpler; whether anything could be."""
        before = self.script
        for place in range(len(self.script)):
            for data in _simpler_data(self.script.requests[place]):
                requests = list(self.script.requests)
                requests[place] = replace(requests[place], data=data)
                if self._try(Script(tuple(requests))):
                    break
        return self.script != before

    def _try(self, script: Script) -> bool:
        if not len(script):
            return False
        if not self._tries:
            raise _Spent
        self._tries -= 1
        if not self._shows(script):
            return False
        self.script = script
        return True


def _simpler_data(request: Request) -> Iterator[Any]:
    """Give simpler data; a reset keeps its seed, without which episodes may differ for no other reason."""
    for data in simpler(request.data):
        if request.kind != "reset" or "seed" in data:
            yield data


def simpler(value: Any) -> Iterator[Any]:
    """Give simpler values than this one, simplest first."""
    if isinstance(value, bool) or value is None:
        if value:
            yield False
    elif isinstance(value, (int, float)):
        yield from (one for one in (0, 1, type(value)(int(value) // 2)) if abs(one) < abs(value))
    elif isinstance(value, (str, list)):
        if value:
            yield value[:0]
        if len(value) > 1:
            yield value[: len(value) // 2]
    elif isinstance(value, dict):
        for name, item in value.items():
            rest = {other: value[other] for other in value if other != name}
            yield rest
            yield from ({**value, name: one} for one in simpler(item))
