"""What came of one run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Execution:
    """What some code printed, gave and did.

    Attributes:
        stdout: What it wrote to standard output; bytes that are not UTF-8 are replaced.
        stderr: What it wrote to standard error, with the traceback of an exception that nothing caught.
        exit_code: 0, or 1 after an exception, or what was given to ``sys.exit``, or minus the signal that
            killed the process.
        value: The ``repr`` of a last expression; ``None`` where there is none, or where it is ``None``.
        error: The exception that nothing caught, as ``Name: message``.
        timed_out: Whether the time limit was passed.
        ended: Why the process came to its end, and with it every name, thread and child process; ``None``
            while it lives on. Files are kept, unless they are the reason. The next run has a fresh process.
        truncated: Whether some of stdout, stderr or the value was left out.
        duration_s: How long it took, in seconds.
    """

    stdout: str
    stderr: str
    exit_code: int
    value: str | None = None
    error: str | None = None
    timed_out: bool = False
    ended: str | None = None
    truncated: bool = False
    duration_s: float = 0.0
