"""What an environment raised: what its client may know of it, and what the log should say."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from openenv.errors import (
    EnvironmentFault,
    ExecutionError,
    InvalidActionError,
    InvalidResultError,
    OpenEnvError,
    RequestValidationError,
    ResetRequiredError,
)
from openenv.protocol import Dialect

_FOR_THE_CLIENT = (
    InvalidActionError,
    EnvironmentFault,
    InvalidResultError,
    RequestValidationError,
    ResetRequiredError,
)
_PACKAGE = str(Path(__file__).parents[1]) + os.sep
_MOST_CHARACTERS = 10_000


def describe_failure(error: BaseException, dialect: Dialect, *, verbose: bool) -> OpenEnvError:
    """Turn whatever an environment raised into what its client may know.

    Args:
        error: What was raised. Those that are meant for the client pass as they are; others of this package
            do not: an environment that plays another one may raise that one's session errors.
        dialect: v1 says no more than the exception's text, as deployed.
        verbose: Whether the client may read the text of a foreign exception, and where it comes from.

    Returns:
        An error that can be sent; a concealed one carries a ``correlation_id`` that the log has too.
    """
    if isinstance(error, _FOR_THE_CLIENT):
        return error
    if not verbose:
        message = f"{type(error).__name__} in the environment; its text is in the server's log"
        return ExecutionError(message, {"correlation_id": uuid4().hex[:12]})
    if dialect is Dialect.V1:
        return ExecutionError(text_of(error))
    return ExecutionError(summary_of(error), {"traceback": traceback_of(error)[-_MOST_CHARACTERS:]})


def summary_of(error: BaseException) -> str:
    """Say in one line what an exception is, what it says, and where it comes from."""
    text, place = text_of(error), _place(error.__traceback__)
    name = type(error).__name__
    what = f"{name}: {text}" if text and text != name else name
    return f"{what} ({place})" if place else what


def text_of(error: BaseException) -> str:
    """Say what an exception says, also where its own way of saying it fails."""
    try:
        return encodable(str(error))
    except BaseException:
        return type(error).__name__


def traceback_of(error: BaseException) -> str:
    """Say where an exception came from, without the steps that led to the environment."""
    return encodable("".join(traceback.format_exception(type(error), error, _inside(error.__traceback__))))


def _inside(found: TracebackType | None) -> TracebackType | None:
    """Leave out our own steps at the beginning of a traceback; all of it where there are no others."""
    inside = found
    while inside is not None and inside.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        inside = inside.tb_next
    return inside or found


def _place(found: TracebackType | None) -> str:
    """The last line of the environment's own: its code is that which was entered first."""
    inside = _inside(found)
    if inside is None:
        return ""
    folder = str(Path(inside.tb_frame.f_code.co_filename).parent)
    place = inside
    while (inside := inside.tb_next) is not None:
        if inside.tb_frame.f_code.co_filename.startswith(folder):
            place = inside
    return f"{'/'.join(Path(place.tb_frame.f_code.co_filename).parts[-2:])}:{place.tb_lineno}"


def encodable(text: str) -> str:
    """Replace what UTF-8 cannot say, as half a character."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
