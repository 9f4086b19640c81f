"""How to mend an environment whose request was answered by an error, or not at all. Pure."""

from __future__ import annotations

from openenv.errors import DeadlineError, EnvironmentFactoryError, ExecutionError, InvalidResultError

_CODE_OF = {"open": "the __init__ of the environment's class", "reset": "reset", "step": "step", "state": "state"}
"""Request -> the environment's code that runs for it."""


def mend_refusal(request: str, code: str | None) -> str | None:
    """Say what to do about a request that was answered by an error.

    Args:
        request: The request's type.
        code: The error's code.

    Returns:
        One line; ``None`` where the check knows better.
    """
    if code == EnvironmentFactoryError.code:
        return "correct the environment's class: it is to be made without arguments, and has reset, step and state"
    if code == InvalidResultError.code:
        return f"correct what {request} returns"
    if code == ExecutionError.code:
        return f"correct {request}; the server's log has the traceback"
    return mend_silence(request) if code == DeadlineError.code else None


def mend_silence(request: str) -> str | None:
    """Say what to do about a request that was not answered in time; as :func:`mend_refusal`."""
    code = _CODE_OF.get(request)
    return code and f"look for an endless loop, or a wait that does not end, in {code}; if it is slow, raise --timeout"
