"""What people read: results on stdout, everything else on stderr, and the exit code.

Text is printed as it is: nothing in it is markup, nothing is wrapped, control characters are shown
escaped. Colour appears only on a terminal that is not dumb, and not where ``NO_COLOR`` is set
(https://no-color.org): then there is no bold or dim text either.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

import typer

from openenv.errors import ConnectError, OpenEnvError, ServerStartError
from openenv.hub.errors import HubTokenError
from openenv_cli.errors import CommandError, MissingError, UsageError

INTERRUPTED = 130

EXIT_CODES = {
    0: "fine",
    1: "the operation failed, or there are findings",
    2: "wrong usage",
    3: "something outside is missing: container engine, token, network, a free port",
    INTERRUPTED: "interrupted",
}

_REFUSALS = {
    "int_parsing": "'{given}' is not a whole number",
    "float_parsing": "'{given}' is not a number",
    "greater_than_equal": "{given} is less than {ge}",
    "less_than_equal": "{given} is more than {le}",
}
"""What pydantic calls a value that it refuses, and what people are told."""


@dataclass
class Settings:
    """What the options that every command takes have set.

    Attributes:
        debug: Whether errors come with their traceback.
        quiet: Whether remarks are left out; results and errors never are.
        json: Whether stdout is to hold one JSON document, of an error too.
    """

    debug: bool = False
    quiet: bool = False
    json: bool = False


settings = Settings()


def out(text: str, style: str = "") -> None:
    """Print one line of the result."""
    _write([(text, style)], sys.stdout)


def document(content: Any) -> None:
    """Print the result as the one JSON document that ``--json`` promises."""
    unicode = (sys.stdout.encoding or "").lower() in ("utf-8", "utf8")
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=not unicode) + "\n")


def note(text: str, style: str = "") -> None:
    """Print a remark, unless ``--quiet``: progress, or what to do next."""
    if not settings.quiet:
        _write([(text, style)], sys.stderr)


def detail(text: str) -> None:
    """Print a line that belongs to an error."""
    _write([(text, "")], sys.stderr)


def warning(text: str) -> None:
    """Print what may be wrong, in one line."""
    _labelled("warning", "yellow", text)


def error(text: str, hint: str | None = None) -> None:
    """Print what is wrong in one line, and what to do about it in another."""
    _labelled("error", "bold red", text)
    if hint:
        _labelled("hint", "cyan", hint)


def run(command: Callable[[], Any]) -> int:
    """Call a command, and say what went wrong if anything did.

    Args:
        command: What to call. An integer that it returns is the exit code.

    Returns:
        The exit code, one of ``EXIT_CODES``.
    """
    try:
        result = command()
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        # A terminal shows ^C, or a question that was not answered, at the beginning of this line.
        note("\ninterrupted" if sys.stderr.isatty() else "interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has left. The interpreter would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CommandError.exit_code
    except Exception as failure:
        if settings.debug:
            traceback.print_exc()
        return _report(_problem(failure))


@dataclass(frozen=True)
class _Problem:
    """An error as people and programs are told of it."""

    type: str
    message: str
    hint: str | None
    exit_code: int


def _report(problem: _Problem) -> int:
    error(problem.message, problem.hint)
    if settings.json:
        document({"error": {"type": problem.type, "message": problem.message, "hint": problem.hint}})
    return problem.exit_code


def _problem(failure: Exception) -> _Problem:
    kind = type(failure).__name__
    if isinstance(failure, OpenEnvError):
        outside = isinstance(failure, (ConnectError, HubTokenError)) and not isinstance(failure, ServerStartError)
        code = MissingError.exit_code if outside else getattr(failure, "exit_code", CommandError.exit_code)
        return _Problem(kind, failure.message, failure.hint, code)
    if isinstance(failure, typer.TyperException):
        context = getattr(failure, "ctx", None)
        command = context.command_path if context else "openenv"
        return _Problem(
            UsageError.__name__, _in_our_words(failure), f"{command} --help shows what it takes", failure.exit_code
        )
    if isinstance(failure, OSError):
        where = f": {failure.filename}" if failure.filename is not None else ""
        return _Problem(kind, f"{failure.strerror or failure}{where}", None, CommandError.exit_code)
    hint = "--debug shows where it happened"
    if isinstance(failure, ImportError):
        hint += "; python -m openenv_cli doctor says whether another package has overwritten files of this one"
    return _Problem(kind, f"{kind}: {failure}", hint, CommandError.exit_code)


def _in_our_words(failure: typer.TyperException) -> str:
    """Bring a message of Typer's, which may be one of pydantic's, into the form of ours."""
    from pydantic_core import ValidationError

    message = failure.format_message()
    details = failure.__cause__.errors() if isinstance(failure.__cause__, ValidationError) else ()
    for detail in details:
        if detail["type"] in _REFUSALS:
            ours = _REFUSALS[detail["type"]].format(given=detail["input"], **detail.get("ctx", {}))
            message = message.replace(detail["msg"], ours)
    message = message.replace("Value error, ", "").rstrip(".")
    return message[:1].lower() + message[1:]


def _labelled(label: str, style: str, text: str) -> None:
    line = " ".join(part.strip() for part in text.splitlines() if part.strip())
    _write([(f"{label}:", style), (f" {line}", "")], sys.stderr)


def _write(parts: list[tuple[str, str]], stream: TextIO) -> None:
    """Write one line, each part in its style."""
    shown = [(_visible(text), style) for text, style in parts]
    if may_be_styled(stream) and any(style for _, style in shown):
        from rich.console import Console
        from rich.text import Text

        Console(file=stream).print(Text.assemble(*shown), soft_wrap=True)
    else:
        stream.write("".join(text for text, _ in shown) + "\n")
    # Where both streams go to one file, lines stand in the order in which they were printed.
    stream.flush()


def may_be_styled(stream: TextIO) -> bool:
    """Whether a stream shows colours, and lines that change."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _visible(text: str) -> str:
    """Escape what a terminal would obey rather than show."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode() for char in text
    )
