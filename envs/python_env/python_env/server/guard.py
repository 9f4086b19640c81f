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
    processes = "os.exec os.fork os.posix_spawn os.system pty. subprocess."
    events = tuple(f"{files} {processes} ctypes. gc. socket.".split())

    # What it needs is bound by defaults: names could be given another meaning, and cells another content.
    def guard(
        event: str,
        arguments: tuple[Any, ...],
        kind: Any = type,
        library: tuple[str, ...] = library,
        events: tuple[str, ...] = events,
        error: type[Exception] = PermissionError,
    ) -> None:
        if event.startswith(events):
            raise error(f"{event} is not allowed here")
        path = arguments[0] if event == "open" else arguments[1] if event == "import" else None
        if path is None or kind(path) is int:
            return
        if kind(path) is not str or not path.startswith(library) or "/../" in path or "-packages/" in path:
            raise error(f"opening {path!r} is not allowed here")

    sys.addaudithook(guard)


install_guard()
