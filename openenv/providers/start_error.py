"""Makes the error for a server that did not start from what it printed."""

from __future__ import annotations

import re
from pathlib import Path

from openenv.errors import ServerStartError
from openenv.project.frames import frames_in, last_own, place
from openenv.project.missing import install_hint

_SHOWN = 12
_MEND = 'mend that, and see data["log"] for all that the server printed'
_TRACEBACK = "Traceback (most recent call last):\n"
_RAISED = re.compile(r"^([A-Za-z_].*)(\nhint: .*)?", re.MULTILINE)
"""The line that closes a traceback, and the hint of our own errors, which is printed after it."""

_MISSING = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")


def start_error(
    what: str,
    log: str,
    likely: str,
    *,
    hint: str | None = None,
    root: Path | None = None,
    package: Path | None = None,
) -> ServerStartError:
    """Make the error.

    Args:
        what: What happened, without why.
        log: What the server printed.
        likely: What to look at where the log does not tell why.
        hint: What to do, where that is known.
        root: Where the author's own files are, where that is known: the last line there is named then.
        package: The folder of the environment's package, where what that needs can be installed.

    Returns:
        The error. It tells what was raised, or else the end of the log; ``data["log"]`` is all of it.
    """
    cause = _cause_in(log, root)
    if cause is not None:
        return ServerStartError(f"{what}: {cause}", {"log": log}, hint=hint or _install(cause, package) or _MEND)
    tail = "".join(f"\n  {line}" for line in log.splitlines()[-_SHOWN:])
    return ServerStartError(f"{what}{tail}", {"log": log}, hint=hint or likely)


def _install(cause: str, package: Path | None) -> str | None:
    missing = _MISSING.match(cause)
    return install_hint(missing[1], package.name, package) if missing and package else None


def _cause_in(log: str, root: Path | None) -> str | None:
    """Read from a traceback that ends a log what was raised, and at which of the author's own lines.

    A traceback with anything after it may have been of an error that was caught.
    """
    _, found, story = log.rpartition(_TRACEBACK)
    raised = _RAISED.search(story)
    if not found or raised is None or story[raised.end() :].strip():
        return None
    own = last_own(frames_in(story[: raised.start()]), root) if root is not None else None
    return raised[1] if own is None else f"{raised[1]} ({place(own)})"
