"""Tests are run in the sandbox, and judged outside of it."""

from collections.abc import Iterator

import pytest

from python_env.models import TestReport
from python_env.server.grading import Grader
from python_env.server.suite import read_suite
from python_env.server.task_set import OWN_TASKS


@pytest.fixture
def grader() -> Iterator[Grader]:
    grader = Grader(OWN_TASKS)
    yield grader
    grader.close()


def report_of(grader: Grader, code: str, *, expected: str) -> TestReport:
    cases = read_suite(f"def test_it():\n    with raises({expected}):\n        answered()")
    (report,) = grader.grade(f"{code}\ndef answered(): raise Wrong('here')", "answered", cases).reports
    return report


@pytest.mark.parametrize("expected", ["Wrong", "Mistake", "KeyError", "LookupError"])
def test_an_error_is_of_its_own_class_and_of_its_bases(grader: Grader, expected: str) -> None:
    code = "class Mistake(KeyError): pass\nclass Wrong(Mistake): pass"

    assert report_of(grader, code, expected=expected).outcome == "passed"


def test_an_error_is_not_of_every_class_at_once(grader: Grader) -> None:
    code = "class Wrong(KeyError, ValueError, TypeError, ZeroDivisionError): pass"

    assert report_of(grader, code, expected="LookupError").outcome == "passed"
    report = report_of(grader, code, expected="ValueError")
    assert (report.outcome, report.message) == (
        "failed",
        "answered() raised Wrong: 'here', where ValueError is expected",
    )


def test_a_time_out_says_how_much_time_there_was(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("python_env.server.grading.TOTAL_TIME_S", 0.5)
    cases = read_suite("def test_it():\n    assert answered() == 1")

    (report,) = grader.grade("def answered():\n    while True: pass", "answered", cases).reports

    assert (report.outcome, report.message) == ("timeout", "no result within 0.5 s")
