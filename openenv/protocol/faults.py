"""Errors on the wire: an exception becomes a JSON object, and that object the same exception again."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from openenv.errors import (
    BY_CODE,
    EnvironmentTraceback,
    ExecutionError,
    OpenEnvError,
    RequestValidationError,
    SessionError,
)
from openenv.protocol import Dialect

_UNKNOWN_FIELD = "extra_forbidden"
_SIMPLE = {
    "bool": ("bool_", "truth value"),
    "int": ("int_", "number"),
    "float": ("float_", "number"),
    "str": ("string_", "text"),
}
"""How pydantic names a member of a union -> how its errors of that type begin, and what people call the type."""

_MOST_FIELDS = 8
_LONGEST_VALUE = 60


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
        return to_json({**named, "message": encodable(error.message)}).decode()


def error_from_wire(data: dict[str, Any]) -> OpenEnvError:
    """Make the exception that an error object stands for.

    Args:
        data: The ``data`` of an error frame, or the body of an HTTP error.

    Returns:
        An instance of the class with that code, or of :class:`ExecutionError` where the code is unknown. Where
        the server said how the environment came to it, that is its cause, as :class:`EnvironmentTraceback`.
    """
    extra = {key: value for key, value in data.items() if key not in ("code", "message", "detail")}
    detail = data.get("detail")
    if isinstance(detail, dict):
        extra.update(detail)
    kind = BY_CODE.get(str(data.get("code")), ExecutionError)
    story = extra.get("traceback")
    error = kind(str(data.get("message", "the server sent an error without a message")), extra)
    error.__cause__ = EnvironmentTraceback(str(story)) if story else None
    return error


def validation_failed(
    error: ValidationError, dialect: Dialect, subject: str, known: Sequence[str] = ()
) -> RequestValidationError:
    """Report what pydantic refused.

    Args:
        error: The refusal.
        dialect: v1 sends pydantic's list as it is; v2 leaves out addresses and echoed input.
        subject: What was refused, for the message.
        known: The names of its fields, for who has misspelt one.

    Returns:
        An error whose ``data["errors"]`` lists every problem.
    """
    if dialect is Dialect.V1:
        return RequestValidationError("Invalid message", {"errors": from_json(error.json())})
    problems = from_json(error.json(include_url=False, include_input=False, include_context=False))
    # A misspelt field is also a missing one: the spelling is what is wrong.
    first = next((each for each in problems if each["type"] == _UNKNOWN_FIELD), problems[0])
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    said = f"invalid {subject}: {where}: {first['msg']}{_meant(first, known)}{more}"
    return RequestValidationError(said, {"errors": problems})


def _meant(problem: dict[str, Any], known: Sequence[str]) -> str:
    """Name the field that somebody may have misspelt."""
    if problem["type"] != _UNKNOWN_FIELD or len(problem["loc"]) != 1:
        return ""
    near = get_close_matches(str(problem["loc"][0]), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def field_by_field(error: ValidationError) -> str:
    """Say what a model does not take, each field once: ``Seen: size: missing; length: no such field``.

    Args:
        error: What pydantic says, which has a line for each type that a field might have had.

    Returns:
        One line.
    """
    told: dict[str, list[str]] = {}
    values: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_context=False):
        *path, last = ("", *problem["loc"])
        begins, called = _SIMPLE.get(str(last), ("", ""))
        simple = called if any(path) and problem["type"].startswith(begins) else ""
        place = ".".join(str(part) for part in (path if simple else (*path, last)) if part != "")
        told.setdefault(place, []).append(simple or _complaint(problem))
        if simple:
            values[place] = _shown(problem["input"])
    said = [
        f"{place}: {_no_such(values[place], told[place]) if place in values else '; '.join(told[place])}"
        for place in told
    ]
    more = f"; and {len(said) - _MOST_FIELDS} more" if len(said) > _MOST_FIELDS else ""
    return f"{error.title}: {'; '.join(said[:_MOST_FIELDS])}{more}"


def _complaint(problem: ErrorDetails) -> str:
    known = {"missing": "missing", _UNKNOWN_FIELD: "no such field"}.get(problem["type"])
    return known or f"{problem['msg']}, not {_shown(problem['input'])}"


def _no_such(value: str, kinds: list[str]) -> str:
    # A truth value is a number too: who may give one or the other has to give a number.
    wanted = [kind for kind in dict.fromkeys(kinds) if "number" not in kinds or kind != "truth value"]
    return f"{value} is no {' or '.join(wanted)}"


def _shown(value: Any) -> str:
    text = " ".join(_written(value).split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _written(value: Any) -> str:
    try:
        return encodable(repr(value))
    except Exception:  # an author's own class may not be able to
        return f"a {type(value).__name__}"


def text_of(error: BaseException) -> str:
    """Say what an exception says, also where its own way of saying it fails."""
    try:
        return encodable(str(error))
    except BaseException:
        return type(error).__name__


def encodable(text: str) -> str:
    """Replace what UTF-8 cannot say, as half a character."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
