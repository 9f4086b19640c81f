"""What is installed here, and what that brings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires

from openenv.project.pyproject import requirement_name

_OF_AN_EXTRA = re.compile(r";.*\bextra\s*==")


def brought_by(requirements: Iterable[str]) -> tuple[set[str], set[str]]:
    """Follow requirements through what is installed here.

    Args:
        requirements: Requirements as pip reads them.

    Returns:
        The distributions that they bring, themselves included; and those that are not installed here, so that nobody
        can tell what else they would bring.
    """
    brought: set[str] = set()
    unknown: set[str] = set()
    followed: set[tuple[str, bool]] = set()
    # Of those that were asked for it is not asked for which machines: an image may be one of these.
    waiting = [one.partition(";")[0] for one in requirements]
    while waiting:
        requirement = waiting.pop()
        name, extras = requirement_name(requirement), "[" in requirement
        if (name, extras) in followed:
            continue
        followed.add((name, extras))
        brought.add(name)
        try:
            needed = requires(name) or []
        except PackageNotFoundError:
            if ";" not in requirement:
                unknown.add(name)
            continue
        waiting += [one for one in needed if extras or not _OF_AN_EXTRA.search(one)]
    return brought, unknown
