"""What a worker gives up before it runs any foreign code."""

from __future__ import annotations

import os
import platform
import resource
import signal
from contextlib import suppress
from pathlib import Path

from openenv.sandbox import kernel, landlock
from openenv.sandbox.files import PUBLIC
from openenv.sandbox.isolation import Boundary, become, running
from openenv.sandbox.limits import Limits
from openenv.sandbox.sockets import forbid_sockets

_OPEN_FILES = 256
_TRUSTED = 2
"""How many processes of the sandbox itself may share the user with the code: the keeper, and a namespace's first."""
_COUNTED_APART = (5, 14)
"""From this kernel on, the processes of a user namespace are counted apart."""


def confine(limits: Limits, boundary: Boundary, home: Path) -> None:
    """Limit this process for good, and give up every privilege.

    Args:
        limits: What it may use.
        boundary: What keeps it from everything else.
        home: Its working folder.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, limits.files_mb << 20)
    if not kernel.LINUX:  # macOS counts no memory, and the processes of the user's whole desktop
        return
    _limit(resource.RLIMIT_AS, limits.memory_mb << 20)
    _limit(resource.RLIMIT_NPROC, _process_limit(limits.processes, boundary))
    with suppress(OSError):  # first to go when memory is short; a container may forbid to say so
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    if boundary.user is not None:
        become(boundary.user)
        _close_user_namespaces()
    kernel.drop_capabilities()
    kernel.forbid_new_privileges()
    if boundary.sockets is not None:
        forbid_sockets(but=boundary.sockets)
    if boundary.landlock:
        landlock.enter_domain(hidden=boundary.hidden, writable=_writable(boundary, home))
    kernel.allow_inspection()  # by the keeper, which counts what is held open
    kernel.die_with_parent(signal.SIGKILL)


def _writable(boundary: Boundary, home: Path) -> list[Path]:
    """List the folders that it may write to, as far as the rights of its user go."""
    if boundary.isolation.files == "quota":
        return [Path("/")]
    return [home, *(place.resolve() for place in PUBLIC), Path("/dev"), Path("/proc")]


def _close_user_namespaces() -> None:
    """Enter a last user namespace: in one of its own, the code could make mounts and networks anew."""
    with suppress(OSError):  # where this is forbidden, it is to the code as well
        kernel.enter_user_namespace()
        kernel.forbid_user_namespaces()


def _limit(resource_number: int, value: int) -> None:
    _, most = resource.getrlimit(resource_number)
    if most != resource.RLIM_INFINITY:
        value = min(value, most)
    resource.setrlimit(resource_number, (value, value))


def _process_limit(processes: int, boundary: Boundary) -> int:
    """Translate the limit: the kernel counts all processes and threads of a user, not those of a sandbox."""
    if boundary.user is not None:
        return processes
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
    if boundary.own_user_namespace and release >= _COUNTED_APART:
        return processes + _TRUSTED
    return processes + sum(_threads(pid) for pid in running()) - 1


def _threads(pid: int) -> int:
    with suppress(OSError):
        folder = Path(f"/proc/{pid}")
        if folder.stat().st_uid == os.getuid():
            return len(list((folder / "task").iterdir()))
    return 0
