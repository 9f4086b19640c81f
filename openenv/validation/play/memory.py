"""How much memory a process holds, with all that it has started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")


def resident_bytes(pid: int) -> int | None:
    """Add up the resident memory of a process and its descendants.

    Args:
        pid: The process.

    Returns:
        Bytes; ``None`` where the system does not tell.
    """
    if not (_PROCESSES / "self" / "stat").exists():
        return None
    parents = {one: parent for one, parent, _ in _processes()}
    pages = {one: held for one, _, held in _processes()}
    family, grown = {pid}, 0
    while len(family) > grown:
        grown = len(family)
        family |= {one for one, parent in parents.items() if parent in family}
    return sum(pages.get(one, 0) for one in family) * os.sysconf("SC_PAGE_SIZE")


def _processes() -> Iterator[tuple[int, int, int]]:
    """Each process with its parent and its resident pages (proc(5))."""
    for path in _PROCESSES.glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            yield int(path.parent.name), int(fields[1]), int(fields[21])
