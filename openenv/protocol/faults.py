"""Errors on the wire: an exception becomes a JSON object, and that object the same exception again."""

from __future__ import annotations

import traceback
from typing import Any
from uuid import uuid4

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from openenv.errors import (
    BY_CODE,
    EnvironmentFault,
    ExecutionError,
    InvalidActionError,
    InvalidResultError,
    OpenEnvError,
    RequestValidationError,
    ResetRequiredError,
    SessionError,
)
from openenv.protocol import Dialect

_FOR_THE_CLIENT = (
    InvalidActionError,
    EnvironmentFault,
    InvalidResultError,
    RequestValidationError,
    ResetRequiredError,
)


def error_body(error: OpenEnvError) -> str:
    """Write an error as the ``data`` of an error frame.

    Args:
        error: The error; its ``data`` is sent beside code and message.

    Returns:
        A JSON object with at least ``message`` and ``code``.
    """
    named = {"message": error.message, "code": error.code or SessionError.code}
    try:
        return to_json({**named, **error.data, **named}, inf_nan_mode="strings", fallback=repr).decode()
    except Exception:  # an environment's words and facts may be anything: half a character, a circle
        return to_json({**named, "message": _encodable(error.message)}).decode()


def error_from_wire(data: dict[str, Any]) -> OpenEnvError:
    """Make the exception that an error object stands for.

    Args:
        data: The ``data`` of an error frame, or the body of an HTTP error.

    Returns:
        An instance of the class with that code, or of :class:`ExecutionError` where the code is unknown.
    """
    extra = {key: value for key, value in data.items() if key not in ("code", "message", "detail")}
    detail = data.get("detail")
    if isinstance(detail, dict):
        extra.update(detail)
    kind = BY_CODE.get(str(data.get("code")), ExecutionError)
    return kind(str(data.get("message", "the server sent an error without a message")), extra)


def describe_failure(error: BaseException, *, verbose: bool) -> OpenEnvError:
    """Turn whatever an environment raised into what its client may know.

    Args:
        error: What was raised. Those that are meant for the client pass as they are; others of this package
            do not: an environment that plays another one may raise that one's session errors.
        verbose: Whether the client may read the text of a foreign exception.

    Returns:
        An error that can be sent; a concealed one carries a ``correlation_id`` that the log has too.
    """
    if isinstance(error, _FOR_THE_CLIENT):
        return error
    if verbose:
        return ExecutionError(text_of(error))
    correlation_id = uuid4().hex[:12]
    message = f"{type(error).__name__} in the environment; its text is in the server's log"
    return ExecutionError(message, {"correlation_id": correlation_id})


def text_of(error: BaseException) -> str:
    """Say what an exception says, also where its own way of saying it fails."""
    try:
        return _encodable(str(error))
    except BaseException:
        return type(error).__name__


def traceback_of(error: BaseException) -> str:
    """Say where an exception came from, for the log."""
    return _encodable("".join(traceback.format_exception(error)))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def validation_failed(error: ValidationError, dialect: Dialect, subject: str = "request") -> RequestValidationError:
    """Report what pydantic refused.

    Args:
        error: The refusal.
        dialect: v1 sends pydantic's list as it is; v2 leaves out addresses and echoed input.
        subject: What was refused, for the message.

    Returns:
        An error whose ``data["errors"]`` lists every problem.
    """
    if dialect is Dialect.V1:
        return RequestValidationError("Invalid message", {"errors": from_json(error.json())})
    problems = from_json(error.json(include_url=False, include_input=False, include_context=False))
    first = problems[0]
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return RequestValidationError(f"invalid {subject}: {where}: {first['msg']}{more}", {"errors": problems})
