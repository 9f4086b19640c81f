"""A lock on a file between processes."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


class FileLock:
    """Held by one process at a time, by whom it is released at the latest when that process ends, however it ends.

    The system holds it for an open file: that the file is there means nothing. Whoever gives the lock back removes
    the file before anybody else can have it; whoever had opened that one sees that it is gone, and opens the next.

    Args:
        path: The file; made where there is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock without waiting; says whether it was free."""
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                free = _lock(file)
                if free and self._is_at_path(file):
                    self._file = file
                    return True
            finally:
                if self._file != file:
                    os.close(file)
            if not free:
                return False

    def release(self) -> None:
        """Give the lock back; does nothing where it is not held."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            if self._is_at_path(file):
                with suppress(PermissionError):  # Windows removes no open file, and one that stays is harmless
                    self._path.unlink()
        finally:
            os.close(file)

    def _is_at_path(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False


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
