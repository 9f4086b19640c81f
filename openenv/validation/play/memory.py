"""How much memory a process holds, with all that it has started."""

from __future__ import annotations

import os

from openenv.validation.serving.processes import can_be_seen, family


def resident_bytes(pid: int) -> int | None:
    """Add up the resident memory of a process and its descendants.

    Args:
        pid: The process.

    Returns:
        Bytes; ``None`` where the system does not tell.
    """
    if not can_be_seen():
        return None
    return sum(one.pages for one in family(pid)) * os.sysconf("SC_PAGE_SIZE")
