"""A lock on a file between processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class FileLock:
    """Held by one process at a time, by whom it is released at the latest when that process ends, however it ends.

    The system holds it for an open file: that the file is there means nothing.

    Args:
        path: The file; made where there is none, and left there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock without waiting; says whether it was free."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            free = _lock(file)
        except BaseException:
            os.close(file)
            raise
        if free:
            self._file = file
        else:
            os.close(file)
        return free

    def release(self) -> None:
        """Give the lock back; does nothing where it is not held."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
