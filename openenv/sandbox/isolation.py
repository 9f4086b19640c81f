"""What keeps the code in a sandbox from everything else on the machine, as far as the machine allows it.

Each measure is tried once, in the keeper's own process, and counted as in force only where that worked.
"""

from __future__ import annotations

import os
import pwd
import random
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from openenv.sandbox import kernel, landlock
from openenv.sandbox.mounts import enter_mount_namespace, needed
from openenv.sandbox.sockets import forbid_sockets

USER_IDS = range(30_000, 60_000)
"""One of these becomes the user of a sandbox, where the server is root: those of ordinary users are elsewhere."""


@dataclass(frozen=True)
class Isolation:
    """What is in force.

    Attributes:
        user: Whether the code has a user id of its own, which no other sandbox has.
        network: Whether the code is cut off from every network, this machine's own included.
        processes: How every process that the code leaves behind is found: it lives in a process
            ``namespace``, or has the sandbox's ``user``, or is a ``descendant``; or it is found only while it
            stays in the worker's process ``group``.
        files: Whether the limit of files is a ``quota`` of the file system, with all else read-only, or is
            ``checked`` a few times a second in the working folder.
        hidden: Whether the code can read no file in the folders that are to be hidden from it.
    """

    user: bool = False
    network: bool = False
    processes: Literal["namespace", "user", "descendants", "group"] = "group"
    files: Literal["quota", "checked"] = "checked"
    hidden: bool = False


@dataclass(frozen=True)
class Boundary:
    """The keeper's side of it.

    Attributes:
        isolation: What is in force.
        user: The user id for the code, where it has one of its own.
        own_user_namespace: Whether the keeper has entered a user namespace.
        sockets: The only family of sockets that the code may make; ``None`` where it may make any.
        landlock: Whether the code is to enter a domain of Landlock.
        hidden: The folders that nothing else hides from it.
        claim: Keeps the user id from being taken twice, until this process ends.
    """

    isolation: Isolation
    user: int | None
    own_user_namespace: bool
    sockets: int | None
    landlock: bool
    hidden: Sequence[Path]
    claim: socket.socket | None


class UnreadableError(Exception):
    """The code's own user may not read what Python needs."""


def isolate(folder: Path, hidden: Sequence[Path]) -> Boundary:
    """Cut this process and its children off, as far as that is possible.

    Args:
        folder: Where this sandbox's files go.
        hidden: Folders that the code is not to read.

    Raises:
        UnreadableError: Something that Python needs is open to the server's user alone.
    """
    if not kernel.LINUX:
        return Boundary(Isolation(hidden=not hidden), None, False, None, False, (), None)
    kernel.adopt_orphans()
    kernel.forbid_inspection()
    user, claim = _claim_user() if os.getuid() == 0 else (None, None)
    within = user is None and _possible(kernel.enter_user_namespace)
    if within:
        _possible(kernel.forbid_user_namespaces)
    network = _possible(lambda: kernel.unshare(kernel.CLONE_NEWNET))
    files = _possible(lambda: enter_mount_namespace(folder, hidden))
    sockets = None if network and files else _socket_family(user, files)
    if user is not None:
        _check_readable(user)
    processes: Literal["namespace", "user", "descendants"] = "descendants" if user is None else "user"
    if files and _possible_in_child(lambda: kernel.unshare(kernel.FRESH_PROCESSES)):
        processes = "namespace"
    bare = () if _out_of_reach(hidden, user, files) else hidden
    locked = _possible_in_child(lambda: _enter_domain(bare))
    isolation = Isolation(
        user=user is not None,
        network=network or sockets is not None,
        processes=processes,
        files="quota" if files else "checked",
        hidden=not bare or (locked and not _possible_in_child(lambda: _read_one(bare))),
    )
    return Boundary(isolation, user, within, sockets, locked, bare, claim)


def _claim_user() -> tuple[int | None, socket.socket | None]:
    """Find a user id that nobody has, and hold it with a name that vanishes with this process."""
    claim = socket.socket(socket.AF_UNIX)
    for user in random.sample(USER_IDS, 100):
        if _is_taken(user):
            continue
        if _possible(lambda user=user: claim.bind(f"\0openenv-sandbox-{user}")):  # type: ignore[misc]
            if _possible_in_child(lambda user=user: become(user)):  # type: ignore[misc]
                return user, claim
            break
    claim.close()
    return None, None


def _is_taken(user: int) -> bool:
    """Say whether this machine knows somebody with that user id."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _check_readable(user: int) -> None:
    def read() -> None:
        become(user)
        for path in needed():
            if path.exists() and not os.access(path, os.R_OK):
                raise PermissionError(path)

    if not _possible_in_child(read):
        raise UnreadableError(f"Python and its packages ({sys.prefix}) can be read by the server's user alone")


def _socket_family(user: int | None, mounted: bool) -> int | None:
    """Choose the sockets that the code may make, where a filter can keep it from all others.

    Those that are files are out of its reach where it is another user than the server, or sees other files. Otherwise
    they could give orders to the server's processes: what Python forks the processes of sessions from obeys its user.
    """
    family = socket.AF_UNIX if user is not None or mounted else socket.AF_UNSPEC

    def forbid() -> None:
        kernel.forbid_new_privileges()
        forbid_sockets(but=family)

    return family if _possible_in_child(forbid) else None


def _out_of_reach(folders: Sequence[Path], user: int | None, mounted: bool) -> bool:
    """Say whether mounts, or the rights of its user, keep the code from all of these, from having tried it."""

    def try_all() -> None:
        if user is not None:
            become(user)
        kernel.drop_capabilities()
        if any(os.access(folder, mode) for folder in folders for mode in (os.R_OK, os.X_OK)):
            raise PermissionError

    # Without a user or mounts of its own, the code can change the mode of whatever the server's user owns.
    return not folders or ((user is not None or mounted) and _possible_in_child(try_all))


def _enter_domain(hidden: Sequence[Path]) -> None:
    kernel.forbid_new_privileges()
    landlock.enter_domain(hidden=hidden, writable=())


def _read_one(hidden: Sequence[Path]) -> None:
    """Read one of the files that Landlock is to hide: it can be where a file system is mounted in two places.

    Raises:
        OSError: That is refused, or there is none.
    """
    _enter_domain(hidden)
    files = (path for place in hidden for path in (place, *place.rglob("*")) if path.is_file())
    os.open(next(files, ""), os.O_RDONLY)


def become(user: int) -> None:
    """Become an ordinary user for good, in a group of the same number and in no other."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _possible(measure: Callable[[], None]) -> bool:
    try:
        measure()
    except OSError:  # not allowed here: it is not in force then, and said not to be
        return False
    return True


def _possible_in_child(measure: Callable[[], None]) -> bool:
    """Try something that this process could not undo."""
    child = os.fork()
    if child == 0:
        os._exit(0 if _possible(measure) else 1)
    return os.waitpid(child, 0)[1] == 0


def running() -> list[int]:
    """List the processes that can be seen from here."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
