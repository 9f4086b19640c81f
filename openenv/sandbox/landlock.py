"""A domain of the Linux security module Landlock: needs no rights, and holds for good; see landlock(7)."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from openenv.sandbox import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE = 1, 2, 4
_REMOVE_AND_MAKE = 0b1_1111_1111 << 4
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
"""What a rule for a file may allow; all else is for folders."""
_SCOPE_ABSTRACT_UNIX_SOCKET, _SCOPE_SIGNAL = 1, 2
_KNOWS_REFER, _KNOWS_TRUNCATE, _KNOWS_SCOPES = 2, 3, 6
"""From these versions on: those of Linux 5.19, 6.2 and 6.12."""

# Folders can be listed everywhere: Python imports nothing from one that it cannot list, and what may be listed cannot
# be told from what is below it.
_READ = _EXECUTE | _READ_FILE
_WRITE = _WRITE_FILE | _REMOVE_AND_MAKE | _TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def enter_domain(*, hidden: Sequence[Path], writable: Sequence[Path]) -> None:
    """Confine this process and its descendants for good.

    They can read neither the memory nor the environment of any other process; from Linux 6.12 on, they cannot signal
    it either, or connect to its abstract sockets. Needs ``kernel.forbid_new_privileges`` before it.

    Args:
        hidden: Files and folders whose content they cannot read, without symbolic links in their paths; names and
            sizes are seen.
        writable: Folders outside of which they can write, make and remove nothing. What is hidden in them is not
            writable either.

    Raises:
        OSError: The kernel has no Landlock, or one that would forbid to move files from folder to folder.
    """
    version = kernel.system_call(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    if version < _KNOWS_REFER:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    handled = _READ | _WRITE | _REFER
    if version < _KNOWS_TRUNCATE:
        handled &= ~_TRUNCATE
    scopes = _SCOPE_ABSTRACT_UNIX_SOCKET | _SCOPE_SIGNAL if version >= _KNOWS_SCOPES else 0
    rules = _Ruleset(handled, 0, scopes)
    size = ctypes.sizeof(rules) if scopes else _Ruleset.net.offset
    ruleset = kernel.system_call(_CREATE_RULESET, ctypes.byref(rules), size, 0)
    try:
        _allow(ruleset, Path("/"), _REFER)
        for path in _around(Path("/"), hidden):
            _allow(ruleset, path, _READ)
        for folder in writable:
            for path in _around(folder, hidden):
                _allow(ruleset, path, (_READ | _WRITE) & handled)
        kernel.system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _around(place: Path, hidden: Sequence[Path]) -> Iterator[Path]:
    """List the fewest paths that hold all that is in a place but what is hidden: a rule cannot take anything away."""
    within = [path for path in hidden if path.is_relative_to(place)]
    if not within:
        yield place
    elif place not in within:
        with suppress(FileNotFoundError, PermissionError):  # what cannot be listed is left out
            for path in place.iterdir():
                if not path.is_symlink():  # it counts where it leads to
                    yield from _around(path, within)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Allow something in a folder and all that is below it, or in a file."""
    try:
        opened = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    except (FileNotFoundError, PermissionError):  # it has gone, or is out of reach anyway
        return
    try:
        folder = stat.S_ISDIR(os.fstat(opened).st_mode)
        rule = _PathBeneath(rights if folder else rights & _OF_FILES, opened)
        kernel.system_call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(opened)
