"""What an environment raised: what its client may know of it, and what the log should say."""

from __future__ import annotations

import inspect
import os
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from openenv.errors import (
    EnvironmentFault,
    ExecutionError,
    InvalidActionError,
    InvalidResultError,
    OpenEnvError,
    RequestError,
    RequestValidationError,
    ResetRequiredError,
)
from openenv.project.frames import frames_of, last_own, place
from openenv.protocol import Dialect
from openenv.protocol.faults import encodable, field_by_field, text_of

_FOR_THE_CLIENT = (
    InvalidActionError,
    EnvironmentFault,
    InvalidResultError,
    RequestValidationError,
    ResetRequiredError,
)
_PACKAGE = str(Path(__file__).parents[1]) + os.sep
_MOST_CHARACTERS = 10_000


@dataclass(frozen=True)
class Failure:
    """One exception, told to two.

    Attributes:
        error: What the client may know.
        log: What the log should say; ``None`` where the client alone is concerned.
    """

    error: OpenEnvError
    log: str | None


def describe_failure(error: BaseException, dialect: Dialect, called: Any = None, *, verbose: bool) -> Failure:
    """Turn whatever an environment raised into what may be said of it.

    Args:
        error: What was raised. Those that are meant for the client pass as they are; others of this package
            do not: an environment that plays another one may raise that one's session errors.
        dialect: v1 says no more than the exception's text, as deployed.
        called: What of the environment was called, as far as that is known.
        verbose: Whether the client may read the text of a foreign exception, and where it comes from.

    Returns:
        The error to send, a concealed one with a ``correlation_id`` that the log has too; and the log's text.
    """
    if isinstance(error, RequestError) and isinstance(error, _FOR_THE_CLIENT):
        return Failure(error, None)
    story, summary = traceback_of(error), summary_of(error)
    if isinstance(error, _FOR_THE_CLIENT):
        return Failure(error, f"{summary}\n{story}")
    if not verbose:
        mark = uuid4().hex[:12]
        message = f"{type(error).__name__} in the environment; its text is in the server's log"
        return Failure(ExecutionError(message, {"correlation_id": mark}), f"{summary} [{mark}]\n{story}")
    if dialect is Dialect.V1:
        return Failure(ExecutionError(text_of(error)), f"{summary}\n{story}")
    told = ExecutionError(summary, {"traceback": origin_of(error, called)})
    return Failure(told, f"{summary}\n{story}")


def origin_of(error: BaseException, called: Any) -> str:
    """Say where an exception came from: its traceback, or, where nothing of an author ran, what was called.

    Args:
        error: The exception, as one that a call with the wrong arguments raises.
        called: The function or class; anything else is nowhere.
    """
    story = traceback_of(error)
    where = "" if _place(error) else definition_of(called)
    only = "".join(traceback.format_exception_only(type(error), error))
    return (f"{where}{encodable(only)}" if where else story)[-_MOST_CHARACTERS:]


def definition_of(thing: Any) -> str:
    """Print where a function, a property or a class is defined, as a line of a traceback; empty where nobody knows."""
    try:
        code = getattr(inspect.unwrap(getattr(thing, "fget", thing)), "__code__", None)
        if code is not None:
            return _printed(code.co_filename, code.co_firstlineno, code.co_name)
        return _printed(inspect.getsourcefile(thing), inspect.getsourcelines(thing)[1], thing.__name__)
    except (TypeError, ValueError, OSError):  # no class, or one without a file
        return ""


def _printed(file: str | None, line: int, name: str) -> str:
    return "" if file is None else "".join(traceback.format_list([traceback.FrameSummary(file, line, name)]))


def summary_of(error: BaseException) -> str:
    """Say in one line what an exception is, what it says, and where it comes from."""
    text = field_by_field(error) if isinstance(error, ValidationError) else text_of(error)
    where = _place(error)
    name = type(error).__name__
    what = f"{name}: {text}" if text and text != name else name
    return f"{what} ({where})" if where else what


def traceback_of(error: BaseException) -> str:
    """Say where an exception came from, without the steps that led to the environment."""
    return encodable("".join(traceback.format_exception(type(error), error, _inside(error.__traceback__))))


def _inside(found: TracebackType | None) -> TracebackType | None:
    """Leave out our own steps at the beginning of a traceback; all of it where there are no others."""
    inside = found
    while inside is not None and inside.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        inside = inside.tb_next
    return inside or found


def _place(error: BaseException) -> str:
    """Name the environment's own line that an exception passed through last; empty where it passed through none."""
    first = _inside(error.__traceback__)
    if first is None or first.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        return ""
    file = Path(first.tb_frame.f_code.co_filename)
    depth = str(first.tb_frame.f_globals.get("__name__", "")).count(".")
    root = file.parents[min(max(depth - 1, 0), len(file.parents) - 1)]  # its package, or a lone module's folder
    own = last_own(frames_of(error), root)
    return f"{'/'.join(file.parts[-2:])}:{first.tb_lineno}" if own is None else place(own, root.parent)
