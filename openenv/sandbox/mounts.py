"""What the code in a sandbox sees of the machine's files, where it has mounts of its own."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path

from openenv.sandbox import kernel

_SERVICES = Path("/run")
"""Where the sockets of services are: no network namespace cuts them off."""


def enter_mount_namespace(folder: Path, hidden: Sequence[Path]) -> None:
    """Give this process mounts of its own, all read-only: the home of its user is hidden, and the sockets of services.

    Args:
        folder: Stays, wherever it is.
        hidden: Further folders, of which nothing is kept.

    Raises:
        OSError: That is not allowed here.
    """
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.make_mounts_private()
    for place in filter(os.path.isdir, hidden):  # first, so that whatever is put back has them hidden as well
        kernel.mount_tmpfs(place, "size=4k,mode=000")
    for place in filter(None, (_home(), _SERVICES)):
        if can_be_hidden(place):
            kept = _kept_within(place, folder)
            kernel.mount_tmpfs(place, "size=1m,mode=755")
            _put_back(kept)
    kernel.make_everything_read_only()


def _home() -> Path | None:
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:  # a container may run as a user that nobody has heard of
        return None


def can_be_hidden(place: Path) -> bool:
    """Say whether a folder can make way for another one."""
    return place.is_dir() and place not in {Path("/"), *needed()}


def hide(place: Path, by: Path) -> None:
    """Show one folder in the place of another, with what Python needs of the other still in it."""
    kept = _kept_within(place)
    kernel.bind(by, place)
    _put_back(kept)


def needed() -> set[Path]:
    """List what Python needs to run and to import what the server can."""
    named = [Path(path).absolute() for path in (sys.prefix, sys.base_prefix, *sys.path) if path]
    named.append(Path(sys.executable).parent)
    return {form for path in named for form in (path, path.resolve())}


def _kept_within(place: Path, *further: Path) -> dict[Path, int]:
    """Open what is needed below a place, without what lies in another such folder."""
    outermost = list[Path]()
    for path in sorted({*needed(), *further}):
        if path.is_relative_to(place) and path.exists() and not any(map(path.is_relative_to, outermost)):
            outermost.append(path)
    return {path: os.open(path, os.O_PATH) for path in outermost}


def _put_back(kept: dict[Path, int]) -> None:
    for path, descriptor in kept.items():
        source = Path(f"/proc/self/fd/{descriptor}")
        if source.is_dir():
            path.mkdir(parents=True, exist_ok=True)
        else:  # a zip file on sys.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        kernel.bind(source, path)
        os.close(descriptor)
