"""Where the code in a sandbox may write: one folder, and as much as its limits allow."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from openenv.sandbox import kernel
from openenv.sandbox.isolation import Boundary
from openenv.sandbox.limits import Limits
from openenv.sandbox.mounts import can_be_hidden, hide

PUBLIC = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))
"""Where every user may write."""

_GONE = (FileNotFoundError, NotADirectoryError)
"""What it means to look at something that was removed meanwhile."""


class Scratch:
    """The files of one sandbox.

    Args:
        folder: An empty folder of this sandbox's own.
        parent: A descriptor of the folder around it, opened while it could be written to.
        limits: How much it may hold.
        boundary: Whether a file system of its own is possible.
    """

    def __init__(self, folder: Path, parent: int, limits: Limits, boundary: Boundary) -> None:
        self._folder = folder
        self._limits = limits
        self._user = boundary.user
        self._quota = boundary.isolation.files == "quota"
        self._mounted: list[Path] = []
        self._parent = parent
        self.home = folder
        """Where the code finds itself."""
        if not self._quota:
            folder.rmdir()
        self.fill()

    def fill(self) -> None:
        """Set up an empty working folder."""
        if self._quota:
            self._mount()
        else:
            self.home.mkdir(mode=0o700)  # fails where somebody else has put something there
        if self._user is not None:
            os.chown(self.home, self._user, self._user)

    def clear(self) -> None:
        """Remove everything that the code has written."""
        for place in reversed(self._mounted):
            kernel.unmount(place)
        self._mounted.clear()
        if not self._quota:
            for path in [self._folder, *self._scattered()]:
                _remove(path)

    def remove(self) -> None:
        """Leave nothing behind."""
        self.clear()
        if self._folder.exists():
            os.rmdir(self._folder.name, dir_fd=self._parent)

    def excess(self, processes: Iterable[int]) -> str | None:
        """Say which limit the files pass, where no file system keeps them within.

        Args:
            processes: Those that may hold files without a name open.
        """
        try:
            size, count = _measured([self._folder, *self._scattered()], self._limits.file_count)
        except OSError:  # folders too deep for a path, or without the right to read them
            return "it made a folder that cannot be measured, now removed"
        size += _nameless(processes)
        if count > self._limits.file_count:
            return f"it wrote more than {self._limits.file_count} files, now removed"
        if size > self._limits.files_mb << 20:
            return f"it wrote more than {self._limits.files_mb} MiB of files, now removed"
        return None

    def _mount(self) -> None:
        """Mount a file system of limited size, and show it wherever everybody may write."""
        options = f"size={self._limits.files_mb}m,nr_inodes={self._limits.file_count + 2},mode=1777"
        kernel.mount_tmpfs(self._folder, options)
        self._mounted.append(self._folder)
        self.home = self._folder / "home"
        self.home.mkdir(mode=0o700)
        # The place it lies in comes last: from then on, the folder has another name.
        for place in sorted(filter(can_be_hidden, PUBLIC), key=self._folder.is_relative_to):
            hide(place, by=self._folder)
            self._mounted.append(place)
            if self._folder.is_relative_to(place):
                self.home = place / self.home.name

    def _scattered(self) -> list[Path]:
        """List what else the code has written, where its user tells that it was the code."""
        entries = [path for place in PUBLIC if place.is_dir() for path in place.iterdir()] if self._user else []
        statuses = [(path, _status(path)) for path in entries if path != self._folder]
        return [path for path, status in statuses if status is not None and status.st_uid == self._user]


def _remove(path: Path) -> None:
    # The programs cope with any depth, and with folders that the code has made unreadable.
    subprocess.run(["chmod", "-R", "u+rwX", "--", path], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", "--", path], check=False)


def _status(path: Path) -> os.stat_result | None:
    with suppress(*_GONE):
        return path.lstat()
    return None


def _measured(waiting: list[Path], most: int) -> tuple[int, int]:
    """Add up the sizes of files in bytes, and their number; stop counting beyond ``most``.

    Raises:
        OSError: A folder cannot be listed.
    """
    size, count = 0, 0
    while waiting and count <= most:
        path = waiting.pop()
        status = _status(path)
        if status is None:
            continue
        size, count = size + status.st_blocks * 512, count + 1
        if stat.S_ISDIR(status.st_mode):
            with suppress(*_GONE):
                waiting += path.iterdir()
    return size, count


def _nameless(processes: Iterable[int]) -> int:
    """Add up the sizes in bytes of open files that are in no folder: removed ones, and those in memory."""
    sizes = dict[tuple[int, int], int]()
    for pid in processes:
        with suppress(OSError):  # it has ended, or cannot be inspected
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):  # it was closed meanwhile
                    if str(entry.readlink()).endswith(" (deleted)"):
                        status = entry.stat()
                        sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())
