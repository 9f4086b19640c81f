"""Runs one test on some code, in a process that is not trusted, and gives back what it observed as JSON.

This file is not imported: its text is run in the sandbox, followed by calls of ``run``. It knows what to call, and
nothing of what is expected to come back.
"""

import contextlib
import json
import linecache
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

SUBMISSION = "submission"

_KINDS: list[tuple[type[Iterable[Any]], str]] = [
    (list, "list"),
    (tuple, "tuple"),
    (set, "set"),
    (frozenset, "set"),
]


def encoded(value: Any) -> Any:
    """Write a value as JSON: a scalar as it is, anything else as ``{kind: content}``."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {"dict": [[encoded(key), encoded(item)] for key, item in value.items()]}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.hex()}
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return {name: [encoded(item) for item in value]}
    return {"other": repr(value)[:1000]}


class Sight:
    """What a test observes, in order."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def observe(self, value: Any) -> None:
        """Note a value."""
        self.seen.append({"value": encoded(value)})

    @contextlib.contextmanager
    def raising(self) -> Iterator[None]:
        """Note what the block raises, if anything, and go on."""
        try:
            yield
        except Exception as error:
            names = [kind.__name__ for kind in type(error).__mro__]
            self.seen.append({"raised": names, "message": str(error)})
        else:
            self.seen.append({"raised": []})


class Answer:
    """Shows as JSON where the interpreter shows the value of a last expression."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.text = json.dumps(content)

    def __repr__(self) -> str:
        return self.text


def load(code: str, entry: str) -> tuple[Any, str | None]:
    """Import the code as a module; says what is wrong where that fails."""
    module = types.ModuleType(SUBMISSION)
    sys.modules[SUBMISSION] = module  # dataclasses look for it there
    linecache.cache[SUBMISSION] = (len(code), None, code.splitlines(keepends=True), SUBMISSION)
    try:
        exec(compile(code, SUBMISSION, "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        return module, described(error)
    if not hasattr(module, entry):
        return module, f"it does not define {entry}"
    return module, None


def described(error: BaseException) -> str:
    """Say what was raised, and in which line of the code."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SUBMISSION:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename == SUBMISSION:
        return f"{type(error).__name__} in line {error.lineno}: {error.msg}"
    where = f" in line {lines[-1]}" if lines else ""
    return f"{type(error).__name__}{where}: {error}"


def run(code: str, entry: str, script: str) -> Answer:
    """Run one test.

    Args:
        code: What was handed in.
        entry: The name it has to define.
        script: The test, which calls ``observe`` and ``raising``.

    Returns:
        ``{"problem", "seen", "error"}``: why the code cannot be tested, what was observed, what ended the test early.
    """
    module, problem = load(code, entry)
    sight = Sight()
    if problem is not None:
        return Answer({"problem": problem, "seen": [], "error": None})
    names: dict[str, Callable[..., Any]] = {"observe": sight.observe, "raising": sight.raising}
    error = None
    try:
        exec(compile(script, "test", "exec", dont_inherit=True), {**module.__dict__, **names})
    except (Exception, SystemExit) as raised:
        error = described(raised)
    return Answer({"problem": None, "seen": sight.seen, "error": error})
