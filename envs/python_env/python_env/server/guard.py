"""Keeps code from what is none of its business: files beyond the standard library, processes, sockets.

This file is not imported: its text is run in the sandbox, before any code under test. It stops code that looks
around for the tests, not code that breaks the interpreter it runs in.
"""

import sys
import sysconfig
from typing import Any


def install_guard() -> None:
    """Refuse such things from now on, to all code in this process; see PEP 578."""
    library = tuple({f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib")})
    files = "os.link os.rename os.symlink sqlite3."
    processes = "os.exec os.fork os.posix_spawn os.system pty. subprocess. sys.remote_exec"
    events = tuple(f"{files} {processes} ctypes. gc. socket.".split())
    # These open files, read memory or make interpreters, which have no hook, and no hook hears of it.
    unheard = "_curses _dbm _gdbm _interpreters _remote_debugging _test _tkinter _xxsubinterpreters readline"
    modules = tuple(unheard.split())

    # What it needs is bound by defaults: names could be given another meaning, and cells another content.
    def guard(
        event: str,
        arguments: tuple[Any, ...],
        kind: Any = type,
        library: tuple[str, ...] = library,
        events: tuple[str, ...] = events,
        modules: tuple[str, ...] = modules,
        error: type[Exception] = PermissionError,
        missing: type[Exception] = ImportError,
    ) -> None:
        if event.startswith(events):
            raise error(f"{event} is not allowed here")
        if event == "import" and (kind(arguments[0]) is not str or arguments[0].startswith(modules)):
            raise missing(f"importing {arguments[0]!r} is not allowed here")
        listing = event in ("os.listdir", "os.scandir")
        path = arguments[0] if listing or event == "open" else arguments[1] if event == "import" else None
        if kind(path) is int or (path is None and not listing):
            return
        place = f"{path}/" if kind(path) is str else ""
        if not place.startswith(library) or "/../" in place or "-packages/" in place:
            raise error(f"opening {path!r} is not allowed here")

    sys.addaudithook(guard)


install_guard()
