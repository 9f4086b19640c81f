"""Words that findings have in common."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import Any

_MAX_LENGTH = 160


def brief(value: Any, most: int = _MAX_LENGTH) -> str:
    """Shorten a value to what fits in a line, or to so many characters."""
    text = in_one_line(value if isinstance(value, str) else repr(value))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def in_one_line(text: str) -> str:
    """Write each run of white space, line breaks too, as one space."""
    return " ".join(text.split())


def exit_words(code: int) -> str:
    """Say how a process ended, as the end of a sentence that begins with it.

    Args:
        code: Its exit code; negative for the signal that ended it, as ``subprocess`` says it.
    """
    if code >= 0:
        return f"ended with exit code {code}"
    name = ""
    with suppress(ValueError):  # real-time signals have no name
        name = f" ({signal.Signals(-code).name})"
    return f"was killed by signal {-code}{name}"
