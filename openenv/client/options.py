"""What can be given by name: to a client that is made, and to a step."""

from __future__ import annotations

import inspect
from difflib import get_close_matches
from typing import Any

from openenv.errors import RequestValidationError

_ALIKE = 0.7  # timeout and timeout_seconds are meant, time_step is somebody's own


def taken_by(*kinds: type) -> set[str]:
    """The arguments of classes of clients, without the address: a provider says that."""
    return {name for kind in kinds for name in inspect.signature(kind).parameters} - {"base_url"}


def refuse_misspelt(ignored: dict[str, Any]) -> None:
    """Refuse a limit of time that was meant for the server and would not reach it.

    Args:
        ignored: What was given to a step, and is not sent.

    Raises:
        RequestValidationError: One of them is called almost like ``timeout_s``.
    """
    near = get_close_matches("timeout_s", ignored, n=1, cutoff=_ALIKE)
    if near:
        message = f"step takes no option {near[0]!r}; did you mean 'timeout_s'?"
        raise RequestValidationError(message, {"known": ["timeout_s"]}, hint="give the limit as timeout_s, in seconds")
