"""What a server leaves behind: processes, temporary files, and changes of the folder that it works in."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from openenv.validation.files.sources import is_source
from openenv.validation.serving.processes import Process, can_be_seen, family, running

_GRACE_S = 2.0
_PAUSE_S = 0.02


@dataclass(frozen=True)
class Leftovers:
    """What is there after a server has ended.

    Attributes:
        processes: The command lines of processes; ``None`` where the system does not tell.
        files: Temporary files and folders, relative to where such files belong.
        changes: What became of files of its working folder, in words.
    """

    processes: tuple[str, ...] | None = ()
    files: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


class Surroundings:
    """A place of its own for a server's temporary files, and a look at the folder that it works in.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._before: dict[str, tuple[int, int]] = {}
        self._noted: set[tuple[int, int]] = set()
        self.temporary = Path(tempfile.mkdtemp(prefix="openenv-"))
        # Also where nobody comes to clear it: after an error, or Ctrl-C.
        self._removal = weakref.finalize(self, shutil.rmtree, self.temporary, ignore_errors=True)

    @property
    def variables(self) -> dict[str, str]:
        """What the server has to be told; whatever it starts inherits it, and is known by it."""
        # Compiled files beside the sources are no change that anybody has asked for.
        return {"TMPDIR": str(self.temporary), "PYTHONDONTWRITEBYTECODE": "1"}

    def look(self) -> None:
        """Remember the folder as it is now."""
        self._before = dict(_stamps(self._root))

    def left(self, leader: int) -> Leftovers:
        """Say what is left of a server that has ended.

        Args:
            leader: What its process was called by number.
        """
        self._wait_for_ends(leader)
        after = dict(_stamps(self._root))
        changes = [f"{path} was added" for path in after.keys() - self._before.keys()]
        changes += [f"{path} was removed" for path in self._before.keys() - after.keys()]
        common = after.keys() & self._before.keys()
        changes += [f"{path} was changed" for path in common if after[path] != self._before[path]]
        files = sorted(path.name for path in self.temporary.iterdir())
        return Leftovers(self._commands(leader), tuple(files), tuple(sorted(changes)))

    def note(self, leader: int) -> None:
        """Remember what a server has started so far: once it is gone, nothing tells whose child a process was.

        Args:
            leader: The number of its process, which lives.
        """
        self._noted.update(one.key for one in family(leader))

    def clear(self, leader: int | None) -> None:
        """Remove the temporary files, and end what still runs."""
        for process in self._running(leader) if leader is not None else ():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.number, signal.SIGKILL)
        self._removal()

    def _wait_for_ends(self, leader: int) -> None:
        """Give what notices that the server is gone the time to end, too."""
        until = time.monotonic() + _GRACE_S
        while self._running(leader) and time.monotonic() < until:
            time.sleep(_PAUSE_S)

    def _commands(self, leader: int) -> tuple[str, ...] | None:
        return tuple(one.command for one in self._running(leader)) if can_be_seen() else None

    def _running(self, leader: int) -> list[Process]:
        """Everything that the server has started and that still runs."""
        marker = f"TMPDIR={self.temporary}"
        others = [one for one in running() if one.number != leader]
        return [one for one in others if one.key in self._noted or one.belongs(leader, marker)]


def _stamps(root: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Size and time of every file of a project."""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if is_source(Path(folder, name))]
        for name in files:
            with suppress(FileNotFoundError):
                status = Path(folder, name).lstat()
                yield Path(folder, name).relative_to(root).as_posix(), (status.st_size, status.st_mtime_ns)
