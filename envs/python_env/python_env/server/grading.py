"""Runs tests on code in a sandbox, and judges what came of it outside.

What a test expects never enters the sandbox, and what comes out of it is data that is compared here.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from openenv.sandbox import Execution, Isolation, Limits, Sandbox

from python_env.models import Outcome, TestReport
from python_env.server.suite import Case, Expectation, Returns
from python_env.server.values import cut, decoded, same, shown

TEST_TIME_S = 4.0
"""How long one test may take, in seconds."""

TOTAL_TIME_S = 12.0
"""How long the tests of a suite may take together, in seconds."""

MAX_STDOUT, MAX_MESSAGE = 10_000, 1_000
"""How many characters of them are kept."""

LIMITS = Limits(time_s=TEST_TIME_S, memory_mb=512, output_bytes=1_000_000, processes=1)


@dataclass(frozen=True)
class Grades:
    """What became of a suite.

    Attributes:
        reports: One for each test, in order.
        problem: Why the code could not be tested at all.
        stdout: What it printed.
        isolation: What kept it from everything else.
    """

    reports: tuple[TestReport, ...]
    problem: str | None
    stdout: str
    isolation: Isolation

    @property
    def passed(self) -> int:
        """How many tests passed."""
        return sum(report.outcome == "passed" for report in self.reports)


@dataclass(frozen=True)
class _Verdict:
    outcome: Outcome
    message: str = ""
    unusable: bool = False


class Grader:
    """Runs suites in a sandbox, one at a time; nothing of one suite lives on in the next.

    Args:
        tasks: The folder of the tasks' files, which the code is not to read.
    """

    def __init__(self, tasks: Path) -> None:
        self._tasks = tasks
        self._sandbox: Sandbox | None = None

    def grade(self, code: str, entry: str, cases: Sequence[Case]) -> Grades:
        """Run tests on code, each on a fresh import of it.

        Args:
            code: The source code.
            entry: What it has to define.
            cases: The tests.

        Returns:
            What became of them. Nothing the code does is an error here.

        Raises:
            SandboxError: There can be no sandbox on this machine, or it was killed.
        """
        if self._sandbox is None:
            self._sandbox = Sandbox(LIMITS, hidden=[self._tasks])
        try:
            grades = _graded(self._sandbox, code, entry, cases)
            self._sandbox.restart()
        except BaseException:
            self.close()
            raise
        return grades

    def close(self) -> None:
        """End the sandbox; the next suite gets another one."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None


def _graded(sandbox: Sandbox, code: str, entry: str, cases: Sequence[Case]) -> Grades:
    reports, printed, problem, left = list[TestReport](), list[str](), None, TOTAL_TIME_S
    preamble = _preamble()
    for case in cases:
        took = 0.0
        if problem is not None:
            verdict = _Verdict("error", problem)
        elif left <= 0:
            verdict = _Verdict("timeout", f"not run: the tests took more than {TOTAL_TIME_S:g} s together")
        else:
            script = f"run({code!r}, {entry!r}, {case.script!r})"
            time_s = min(left, TEST_TIME_S)
            execution = sandbox.run(preamble + script, time_s=time_s)
            preamble = _preamble() if execution.ended else ""  # a process remembers it
            verdict, took = _judged(execution, case, time_s), execution.duration_s
            printed.append(execution.stdout)
        left -= took
        message = cut(verdict.message, MAX_MESSAGE)
        problem = message if verdict.unusable else problem
        reports.append(TestReport(name=case.name, outcome=verdict.outcome, message=message, time_s=took))
    return Grades(tuple(reports), problem, cut("".join(printed), MAX_STDOUT), sandbox.isolation)


@cache
def _preamble() -> str:
    folder = files(__package__)
    return "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in ("guard.py", "harness.py"))


def _judged(execution: Execution, case: Case, time_s: float) -> _Verdict:
    """Say what became of a test, from what came out of the sandbox in the time it had."""
    if execution.timed_out:
        return _Verdict("timeout", f"no result within {time_s:.2g} s")
    if execution.ended is not None or execution.value is None:
        return _Verdict("error", execution.ended or "there is no result")
    try:
        return _compared(json.loads(execution.value), case.expectations)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return _Verdict("error", "the result is too large, or no plain value")


def _compared(answer: dict[str, Any], expectations: Sequence[Expectation]) -> _Verdict:
    """Compare what was observed with what is expected; the first difference counts."""
    if answer["problem"] is not None:
        return _Verdict("error", str(answer["problem"]), unusable=True)
    for seen, expectation in zip(answer["seen"], expectations, strict=False):
        difference = _difference(seen, expectation)
        if difference:
            return _Verdict("failed", f"{expectation.subject} {difference}")
    if answer["error"] is not None:
        return _Verdict("error", str(answer["error"]))
    complete = len(answer["seen"]) == len(expectations)
    return _Verdict("passed") if complete else _Verdict("error", "the test ended early")


def _difference(seen: dict[str, Any], expectation: Expectation) -> str | None:
    if isinstance(expectation, Returns):
        actual = decoded(seen["value"])
        return None if same(actual, expectation.value) else f"gave {shown(actual)}, not {shown(expectation.value)}"
    if expectation.error in _lineage(seen["raised"]):
        return None
    raised = f"raised {seen['raised'][0]}: {seen['message']}" if seen["raised"] else "raised nothing"
    return f"{raised}, where {expectation.error} is expected"


def _lineage(names: list[str]) -> list[str]:
    """Cut the names of an exception's classes after the first one that is Python's own, and go on with its bases.

    Otherwise a class derived from many exceptions would be whatever a test expects.
    """
    for place, name in enumerate(names):
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, BaseException):
            return names[:place] + [base.__name__ for base in kind.__mro__]
    return []
