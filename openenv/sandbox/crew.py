"""A worker and everything it has started: how they begin, and how all of them come to their end."""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from openenv.sandbox import kernel, worker
from openenv.sandbox.confinement import confine
from openenv.sandbox.isolation import Boundary, become, running
from openenv.sandbox.limits import Limits

_STATUS = struct.Struct("!i")
_CONTROL = 3
"""Where a worker has its socket."""


class Crew:
    """One worker at a time, and its descendants.

    Args:
        limits: What each process may use.
        boundary: What keeps them from everything else.
    """

    def __init__(self, limits: Limits, boundary: Boundary) -> None:
        self._limits = limits
        self._boundary = boundary
        self._leader: int | None = None
        """The worker, or the first process of the namespace it lives in."""
        self._last_words: int | None = None
        """Where the first process of a namespace writes how the worker ended."""

    @property
    def working(self) -> bool:
        """Whether there is a worker."""
        return self._leader is not None

    def members(self) -> set[int]:
        """List the processes that descend from the worker, itself among them; none where there is no ``/proc``."""
        return _descendants(os.getpid()) if kernel.LINUX else set()

    def start(self, descriptors: list[int], home: Path) -> None:
        """Start a worker.

        Args:
            descriptors: Its socket, its standard output and its standard error; closed here.
            home: Its working folder.
        """
        if self._boundary.user is not None:
            for descriptor in descriptors[1:]:  # so that the code can open /dev/stdout
                os.fchown(descriptor, self._boundary.user, -1)

        def work() -> None:
            self._work(descriptors, home)

        if self._boundary.isolation.processes == "namespace":
            self._leader, self._last_words = _in_namespace(work)
        else:
            self._leader = _forked(work)
        for descriptor in descriptors:
            os.close(descriptor)

    def ended(self) -> int | None:
        """Say how the worker ended, as an exit code or minus a signal; ``None`` while it lives."""
        while (reaped := _reaped(os.WNOHANG)) is not None:
            pid, status = reaped
            if pid == self._leader:
                return self._leave(status)
            if pid == 0:
                break
        return None

    def kill(self) -> int | None:
        """Kill every process there is and wait until all are gone; returns how the worker ended."""
        status = None
        self._kill_all(self._leader)
        while (reaped := _reaped()) is not None:
            if reaped[0] == self._leader:
                status = reaped[1]
            self._kill_all(None if status is not None else self._leader)  # those that were started meanwhile
        return None if status is None else self._leave(status)

    def _leave(self, status: int) -> int:
        """Take leave of the worker, and kill what it leaves behind."""
        code = os.waitstatus_to_exitcode(status)
        if self._last_words is not None:
            words = os.read(self._last_words, _STATUS.size)
            os.close(self._last_words)
            if words:
                code = os.waitstatus_to_exitcode(_STATUS.unpack(words)[0])
        leader, self._leader, self._last_words = self._leader, None, None
        if self._boundary.isolation.processes == "group" and leader is not None:
            _kill_group(leader)
        self.kill()
        return code

    def _kill_all(self, leader: int | None) -> None:
        if leader is not None:  # it may have only begun, and be no other user yet
            with suppress(ProcessLookupError):
                os.kill(leader, signal.SIGKILL)
        how = self._boundary.isolation.processes
        if how == "user" and self._boundary.user is not None:
            _kill_user(self._boundary.user)
        elif how == "descendants":
            _kill_descendants()

    def _work(self, descriptors: list[int], home: Path) -> None:
        """Become a worker."""
        os.setsid()
        control, out, err = descriptors
        for number, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), out, err, control)):
            os.dup2(descriptor, number)
        os.set_inheritable(_CONTROL, False)
        _close_all_but(0, 1, 2, _CONTROL)
        os.chdir(home)
        os.environ.update(HOME=str(home), TMPDIR=str(home))
        sys.path.insert(0, str(home))
        confine(self._limits, self._boundary, home)
        worker.main(socket.socket(fileno=_CONTROL), self._limits.output_bytes)


def _close_all_but(*kept: int) -> None:
    for path in list(Path("/dev/fd").iterdir()):
        if int(path.name) not in kept:
            with suppress(OSError):  # the one that the folder was read with
                os.close(int(path.name))


def _forked(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.set_wakeup_fd(-1)  # that is the keeper's own
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _in_namespace(work: Callable[[], None]) -> tuple[int, int]:
    """Fork into a fresh process namespace, with mounts and System V objects of its own.

    Its first process outlives the worker for a moment only. With it, the kernel kills all others there.

    Returns:
        The first process, and a descriptor to read how the worker ended.
    """
    reading, writing = os.pipe()
    waiting, going = os.pipe()

    def middle() -> None:
        kernel.unshare(kernel.FRESH_PROCESSES)
        os.close(going)
        first = _forked(lambda: _live_first(work, waiting, writing))
        os.write(writing, _STATUS.pack(first))

    os.waitpid(_forked(middle), 0)
    os.close(writing)
    os.close(waiting)
    (first,) = _STATUS.unpack(os.read(reading, _STATUS.size))
    os.write(going, b"!")  # its parent is this process from now on
    os.close(going)
    return first, reading


def _live_first(work: Callable[[], None], waiting: int, writing: int) -> None:
    """Be the first process of a namespace: bury orphans, and say how the worker ended."""
    if not os.read(waiting, 1):
        return
    kernel.die_with_parent(signal.SIGKILL)
    with suppress(OSError):  # a container that hides parts of /proc forbids a fresh one
        kernel.mount_proc()
    worker_pid = _forked(work)
    _close_all_but(2, writing)  # so that the worker's end of each line is its own
    pid = 0
    while pid != worker_pid:
        pid, status = os.waitpid(-1, 0)
    os.write(writing, _STATUS.pack(status))


def _reaped(options: int = 0) -> tuple[int, int] | None:
    """Wait for any child; ``None`` where there is none."""
    try:
        return os.waitpid(-1, options)
    except ChildProcessError:
        return None


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _kill_user(user: int) -> None:
    """Kill everything that a user runs, at one blow: only a process of that user can do it."""

    def strike() -> None:
        become(user)
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)

    os.waitpid(_forked(strike), 0)


def _kill_descendants() -> None:
    """Kill every descendant: first stopped, so that none is born meanwhile."""
    known = set[int]()
    while fresh := _descendants(os.getpid()) - known:
        for pid in fresh:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGSTOP)
        known |= fresh
    for pid in known:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _parent(pid: int) -> int:
    # Done for each process of the machine, a few times a second, so without the layers of a file object.
    descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    try:
        return int(os.read(descriptor, 4096).rpartition(b")")[2].split()[1])
    finally:
        os.close(descriptor)


def _descendants(root: int) -> set[int]:
    children = dict[int, list[int]]()
    for pid in running():
        with suppress(OSError):  # it has ended
            children.setdefault(_parent(pid), []).append(pid)
    found, waiting = set[int](), [root]
    while waiting:
        born = children.get(waiting.pop(), [])
        found.update(born)
        waiting += born
    return found
