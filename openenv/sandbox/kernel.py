"""Calls of the Linux kernel that Python 3.10 has no functions for."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LINUX = sys.platform == "linux"
"""Without it, nothing else of this module may be called."""

CLONE_NEWNS = 0x0002_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000
FRESH_PROCESSES = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC
"""Namespaces for processes that leave nothing behind: neither their likes, nor mounts, nor System V objects."""

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR_RDONLY = 1
_SYS_MOUNT_SETATTR = 442  # the same number on every architecture
_CAPABILITY_VERSION_3 = 0x2008_0522
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def system_call(number: int, *arguments: Any) -> int:
    """Make a call that the C library has no function for; whole numbers are handed over as C's long ones.

    Raises:
        OSError: It fails.
    """
    handed = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = int(_libc.syscall(ctypes.c_long(number), *handed))
    _checked(min(result, 0))
    return result


def unshare(namespaces: int) -> None:
    """Leave some namespaces for fresh ones.

    Args:
        namespaces: A sum of ``CLONE_…``.
    """
    _checked(_libc.unshare(namespaces))


def make_mounts_private() -> None:
    """Keep mounts of this namespace from reaching any other."""
    _mount(b"none", Path("/"), None, _MS_REC | _MS_PRIVATE)


def make_everything_read_only() -> None:
    """Make every mount read-only, those mounted later apart; see mount_setattr(2)."""
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY, 0, 0, 0)
    size = ctypes.sizeof(attributes)
    system_call(_SYS_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, size)


def mount_tmpfs(path: Path, options: str) -> None:
    """Mount an empty file system in memory; ``options`` as in tmpfs(5)."""
    _mount(b"tmpfs", path, b"tmpfs", _MS_NOSUID | _MS_NODEV, options.encode())


def mount_proc() -> None:
    """Mount the ``/proc`` of the own process namespace over the old one."""
    _mount(b"proc", Path("/proc"), b"proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)


def bind(source: Path, target: Path) -> None:
    """Show a folder in a second place, with all that is mounted in it."""
    _mount(os.fsencode(source), target, None, _MS_BIND | _MS_REC)


def unmount(path: Path) -> None:
    """Unmount what is mounted there, whoever uses it still."""
    _checked(_libc.umount2(os.fsencode(path), _MNT_DETACH))


def _mount(source: bytes, target: Path, kind: bytes | None, flags: int, options: bytes | None = None) -> None:
    _checked(_libc.mount(source, os.fsencode(target), kind, ctypes.c_ulong(flags), options))


def die_with_parent(signal: int) -> None:
    """Have this process signalled when the thread that made it ends."""
    _prctl(_PR_SET_PDEATHSIG, signal)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def forbid_inspection() -> None:
    """Keep processes of the same user from reading this one's memory and environment."""
    _prctl(_PR_SET_DUMPABLE, 0)


def allow_inspection() -> None:
    """Let processes of the same user look at this one again."""
    _prctl(_PR_SET_DUMPABLE, 1)


def forbid_new_privileges() -> None:
    """Make setuid programs ordinary ones, for this process and its descendants."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, (ctypes.c_uint32 * 6)()))


def filter_system_calls(steps: Sequence[tuple[int, int, int, int]]) -> None:
    """Let a filter decide on each system call of this process and its descendants, for good; see seccomp(2).

    Args:
        steps: Its program: each a code, how many steps to leave out if so, how many if not, and a number.
    """
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    _checked(_libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), program))


def _prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)))


def enter_user_namespace() -> None:
    """Enter a user namespace of the own user, with every capability in it and none outside."""
    user, group = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER)
    allow_inspection()  # or its files in /proc are root's
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def forbid_user_namespaces() -> None:
    """Allow no user namespace within this one, where mounts and networks could be made anew."""
    Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="ascii")
