"""Becomes a poorer machine, and runs a program there: ``python machine.py KIND PROGRAM``.

``rich`` is the machine as it is; ``plain`` has no namespaces, as a container has none by default; ``user`` and
``plain-user`` are the same for a server that is not root.
"""

import contextlib
import os
import platform
import pwd
import sys
import tempfile
from pathlib import Path

from openenv.sandbox import kernel
from openenv.sandbox.isolation import become
from openenv.sandbox.mounts import hide

ORDINARY_USER = 29_999
UNSHARE = {"x86_64": 272, "aarch64": 97}


def forbid_namespaces():
    """Let unshare(2) fail with EPERM, by a filter of system calls that no descendant can take off."""
    load, equal, answer = 0x20, 0x15, 0x06
    allowed, refused = 0x7FFF0000, 0x00050001
    steps = [
        (load, 0, 0, 0),
        (equal, 0, 1, UNSHARE[platform.machine()]),
        (answer, 0, 0, refused),
        (answer, 0, 0, allowed),
    ]
    kernel.forbid_new_privileges()
    kernel.filter_system_calls(steps)


def open_interpreter():
    """Have root's home make way, so that an interpreter that lies there can be read by all."""
    with contextlib.suppress(OSError):  # a container has it elsewhere
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.make_mounts_private()
        empty = Path(tempfile.mkdtemp())
        kernel.mount_tmpfs(empty, "mode=755")
        hide(Path(pwd.getpwuid(0).pw_dir), by=empty)
        kernel.unmount(empty)
        empty.rmdir()


if __name__ == "__main__":
    kind, program = sys.argv[1:]
    if os.getuid() == 0:
        open_interpreter()
        if "user" in kind:
            become(ORDINARY_USER)
    if "plain" in kind:
        forbid_namespaces()
    os.execv(sys.executable, [sys.executable, "-c", program])
