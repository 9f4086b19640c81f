"""What differs between the files here and those that a Space holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openenv_cli.images.context import Entry

HUB_OWN = frozenset((".gitattributes",))
"""Files that the Hub makes itself, and that stay there."""

_CHUNK = 1 << 20
_NAMED = 5


@dataclass(frozen=True)
class Held:
    """A file that a Space holds.

    Attributes:
        size: Its size in bytes.
        digest: The SHA-256 of a large file, else the id that git gives it.
        large: Whether it is stored apart from git.
    """

    size: int
    digest: str
    large: bool


@dataclass(frozen=True)
class Changes:
    """How the files of a Space are to change.

    Attributes:
        added: Files that it does not hold.
        changed: Files that it holds with another content.
        deleted: Files that it holds and that are not here.
        unchanged: How many are the same.
    """

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    deleted: tuple[str, ...]
    unchanged: int

    @property
    def upload(self) -> tuple[Entry, ...]:
        """The files whose content has to be sent."""
        return (*self.added, *self.changed)

    def as_json(self) -> dict[str, Any]:
        """Lay them out as JSON values."""
        return {
            "added": [entry.path for entry in self.added],
            "changed": [entry.path for entry in self.changed],
            "deleted": list(self.deleted),
            "unchanged": self.unchanged,
        }

    def __bool__(self) -> bool:
        return bool(self.upload or self.deleted)

    def __str__(self) -> str:
        """Say it in one line."""
        counts = {"new": len(self.added), "changed": len(self.changed), "deleted": len(self.deleted)}
        told = [f"{count} {what}" for what, count in counts.items() if count]
        return ", ".join([*told, f"{self.unchanged} as they were"] if self.unchanged or not told else told)


def compare(entries: Iterable[Entry], held: Mapping[str, Held]) -> Changes:
    """Compare the files here with those of a Space.

    Args:
        entries: The files here.
        held: The files there, by path.

    Returns:
        What differs.
    """
    added, changed, same = [], [], 0
    paths = set()
    for entry in entries:
        paths.add(entry.path)
        there = held.get(entry.path)
        if there is None:
            added.append(entry)
        elif _is_held(entry, there):
            same += 1
        else:
            changed.append(entry)
    deleted = sorted(set(held) - paths - HUB_OWN)
    return Changes(tuple(added), tuple(changed), tuple(deleted), same)


def _is_held(entry: Entry, there: Held) -> bool:
    size = entry.header().size
    if size != there.size:
        return False
    # https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    digest = hashlib.sha256() if there.large else hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with entry.open() as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == there.digest


def named(paths: Sequence[str]) -> str:
    """Name files in a line: the first few, and how many more there are."""
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"{', '.join(paths[:_NAMED])}{more}"
