"""A filter of system calls that keeps sockets from being made: needs no rights, and holds for good; see seccomp(2)."""

from __future__ import annotations

import errno
import os
import platform

from openenv.sandbox import kernel

_ARCHITECTURES = {"x86_64": (0xC000_003E, 41), "aarch64": (0xC000_00B7, 198)}
"""What the kernel calls them, and the number of socket(2)."""
_IO_URING_SETUP = 425
"""Queues of system calls, which no filter sees."""
_X32 = 0x4000_0000
"""From this number on, calls have another ABI's numbers."""
_LOAD, _EQUAL, _AT_LEAST, _ANSWER = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Where they are in what the filter looks at."""
_ALLOWED, _REFUSED = 0x7FFF_0000, 0x0005_0000 | errno.EACCES


def forbid_sockets(but: int = 0) -> None:
    """Keep this process and its descendants from making sockets; pairs of them can be made.

    Needs ``kernel.forbid_new_privileges`` before it.

    Args:
        but: A family of which they may be made.

    Raises:
        OSError: The machine knows no such filters, or is of a kind that this one is not made for.
    """
    if platform.machine() not in _ARCHITECTURES:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    architecture, socket = _ARCHITECTURES[platform.machine()]
    steps = [  # what to do, how many steps to leave out if so, and if not, and with which number
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, 7, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 5, 0, _X32),
        (_EQUAL, 4, 0, _IO_URING_SETUP),
        (_EQUAL, 0, 2, socket),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUAL, 0, 1, but),
        (_ANSWER, 0, 0, _ALLOWED),
        (_ANSWER, 0, 0, _REFUSED),
    ]
    kernel.filter_system_calls(steps)
