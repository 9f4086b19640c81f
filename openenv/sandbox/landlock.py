"""A domain of the Linux security module Landlock: needs no rights, and holds for good; see landlock(7)."""

from __future__ import annotations

import ctypes
import errno
import os

from openenv.sandbox import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_ACCESS_FS_REFER = 1 << 13
_SCOPE_ABSTRACT_UNIX_SOCKET, _SCOPE_SIGNAL = 1, 2
_KNOWS_REFER, _KNOWS_SCOPES = 2, 6
"""From these versions on. Linux 5.19 has the one, 6.12 the other."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def enter_domain() -> None:
    """Keep this process and its descendants from reading the memory and the environment of any other process.

    From Linux 6.12 on, from signalling them too, and from connecting to their abstract sockets. Needs
    ``kernel.forbid_new_privileges`` before it.

    Raises:
        OSError: The kernel has no Landlock, or one that would forbid to move files from folder to folder.
    """
    version = kernel.system_call(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    if version < _KNOWS_REFER:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    scopes = _SCOPE_ABSTRACT_UNIX_SOCKET | _SCOPE_SIGNAL if version >= _KNOWS_SCOPES else 0
    rules = _Ruleset(_ACCESS_FS_REFER, 0, scopes)
    size = ctypes.sizeof(rules) if scopes else _Ruleset.net.offset
    ruleset = kernel.system_call(_CREATE_RULESET, ctypes.byref(rules), size, 0)
    root = os.open("/", os.O_PATH | os.O_DIRECTORY)
    try:
        # A domain has to handle something, and forbids this one in any case: so it is what is allowed everywhere.
        everywhere = _PathBeneath(_ACCESS_FS_REFER, root)
        kernel.system_call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(everywhere), 0)
        kernel.system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(root)
        os.close(ruleset)
