"""Makes the error for a server that did not start from what it printed."""

from __future__ import annotations

import re
from pathlib import Path

from openenv.errors import ServerStartError

_SHOWN = 12
_MEND = 'mend that, and see data["log"] for all that the server printed'
_TRACEBACK = "Traceback (most recent call last):\n"
_FRAME = re.compile(r'^ +File "(.+)", line (\d+)', re.MULTILINE)
_RAISED = re.compile(r"^[A-Za-z_].*$", re.MULTILINE)


def start_error(
    what: str, log: str, likely: str, *, hint: str | None = None, package: str | None = None
) -> ServerStartError:
    """Make the error.

    Args:
        what: What happened, without why.
        log: What the server printed.
        likely: What to look at where the log does not tell why.
        hint: What to do, where that is known.
        package: The app's package or module, where it is known: the last line of its own is named then.

    Returns:
        The error. It tells what was raised, or else the end of the log; ``data["log"]`` is all of it.
    """
    cause = _cause_in(log, package)
    if cause is not None:
        return ServerStartError(f"{what}: {cause}", {"log": log}, hint=hint or _MEND)
    tail = "".join(f"\n  {line}" for line in log.splitlines()[-_SHOWN:])
    return ServerStartError(f"{what}{tail}", {"log": log}, hint=hint or likely)


def _cause_in(log: str, package: str | None) -> str | None:
    """Read from the last traceback of a log what was raised, and at which line of the app's package or module."""
    _, found, story = log.rpartition(_TRACEBACK)
    raised = _RAISED.search(story)
    if not found or raised is None:
        return None
    own = [
        f"{file}:{line}"
        for file, line in _FRAME.findall(story[: raised.start()])
        if package in (*Path(file).parts, Path(file).stem)
    ]
    return f"{raised[0]} ({own[-1]})" if own else raised[0]
