"""How to mend an environment whose request was answered by an error, or not at all. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from openenv.errors import DeadlineError, EnvironmentFactoryError, ExecutionError, InvalidResultError

_CODE_OF = {"open": "the __init__ of the environment's class", "reset": "reset", "step": "step", "state": "state"}
"""Request -> the environment's code that runs for it."""

_MISSING = re.compile(r"missing \d+ required [a-z-]+ arguments?: (.+?)(?: \(|$)")


def mend_refusal(request: str, error: Mapping[str, Any]) -> str | None:
    """Say what to do about a request that was answered by an error.

    Args:
        request: The request's type.
        error: The data of the error.

    Returns:
        One line; ``None`` where the check or the traceback knows better.
    """
    code, story = error.get("code"), str(error.get("traceback") or "")
    if "unknown" in error:
        near = get_close_matches(str(error["unknown"]), error.get("known", ()), n=1)
        return f"did you mean '{near[0]}'?" if near else "take it out of openenv.yaml, or let reset take it"
    if code == InvalidResultError.code:
        return f"correct what {request} returns"
    if code in (ExecutionError.code, EnvironmentFactoryError.code) and story.startswith("Traceback"):
        return None
    if code == EnvironmentFactoryError.code:
        return "correct the environment's class: it is to be made without arguments, and has reset, step and state"
    if code == ExecutionError.code:
        return _mend_call(request, str(error.get("message"))) if story else _see_log(request)
    return mend_silence(request) if code == DeadlineError.code else None


def mend_silence(request: str) -> str | None:
    """Say what to do about a request that was not answered in time; as :func:`mend_refusal`."""
    code = _CODE_OF.get(request)
    return code and f"look for an endless loop, or a wait that does not end, in {code}; if it is slow, raise --timeout"


def _mend_call(request: str, message: str) -> str:
    """Say what to do about a method that could not even be called."""
    missing = _MISSING.search(message)
    if request != "reset" or missing is None:
        return f"correct what {request} takes"
    names = missing[1].replace("'", "")
    return f"give {names} a default, or a value in openenv.yaml: validation: {{reset: {{{names.split(',')[0]}: …}}}}"


def _see_log(request: str) -> str:
    return f"correct {request}; the server's log has the traceback"
