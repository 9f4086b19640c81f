"""The processes of this system, as Linux tells of them (proc(5)); elsewhere none is seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path("/proc")
_ENDED = ("Z", "X")
"""States of processes that have ended, and nobody has asked how."""


@dataclass(frozen=True)
class Process:
    """A process that runs.

    Attributes:
        number: What it is called by number.
        parent: The number of its parent.
        started: When it started, in ticks of the system's clock: with it, a number is never that of another one.
        pages: How many pages of memory it holds.
    """

    number: int
    parent: int
    started: int
    pages: int

    @property
    def key(self) -> tuple[int, int]:
        """What no other process has."""
        return self.number, self.started

    @property
    def command(self) -> str:
        """Its command line."""
        try:
            words = (_FOLDER / str(self.number) / "cmdline").read_bytes().split(b"\0")
        except OSError:
            words = []
        return b" ".join(words).decode("utf-8", "replace").strip() or f"process {self.number}"

    def belongs(self, leader: int, variable: str) -> bool:
        """Whether it is in the group or the session of another one, or has an environment variable, as ``NAME=value``.

        Args:
            leader: The number of the other one.
            variable: The variable.
        """
        try:
            if leader in (os.getpgid(self.number), os.getsid(self.number)):
                return True
            return variable.encode() in (_FOLDER / str(self.number) / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile, or is somebody else's
            return False


def can_be_seen() -> bool:
    """Whether this system tells of its processes."""
    return (_FOLDER / "self" / "stat").exists()


def running() -> list[Process]:
    """Every process that runs."""
    return list(_running())


def family(number: int) -> list[Process]:
    """A process and its descendants, as far as their parents live."""
    everyone = running()
    members, grown = {number}, 0
    while len(members) > grown:
        grown = len(members)
        members |= {one.number for one in everyone if one.parent in members}
    return [one for one in everyone if one.number in members]


def _running() -> Iterator[Process]:
    for path in _FOLDER.glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if fields[0] not in _ENDED:
                yield Process(int(path.parent.name), int(fields[1]), int(fields[19]), int(fields[21]))
