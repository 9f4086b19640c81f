"""Reports: as text, as JSON that fits the published schema, and as JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from openenv.validation.check import Check, Finding, Severity, registered
from openenv.validation.reports.junit import junit
from openenv.validation.reports.report import Outcome, Report, Status
from openenv.validation.reports.text import report_lines

SCHEMA = Path(__file__).parents[2] / "docs" / "validation-report.schema.json"


def outcome(id_: str, status: Status = Status.PASSED, **said: Any) -> Outcome:
    return Outcome(registered()[id_], status, seconds=0.25, **said)


WRONG = Finding("it is wrong\x1b[1m <&>", "a.py:3", details=("first", "second"), traceback="Traceback …")
REPORT = Report(
    "here",
    (
        outcome("S001"),
        outcome("S003", Status.FAILED, findings=(Finding("no version"),)),
        outcome("H004", Status.FAILED, findings=(WRONG, Finding("and this", mend="do that"))),
        outcome("H005", Status.NOT_CHECKED, reason="H004 failed"),
    ),
    seconds=1.5,
)


@pytest.fixture
def schema() -> dict[str, Any]:
    said: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return said


@pytest.mark.parametrize("report", [REPORT, Report("there", ()), Report("x", REPORT.outcomes[:1], strict=True)])
def test_json_fits_the_schema_that_is_published(schema: dict[str, Any], report: Report) -> None:
    Draft202012Validator.check_schema(schema)
    said = json.loads(json.dumps(report.as_json()))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(said)] == []


def test_the_schema_tells_every_field(schema: dict[str, Any]) -> None:
    said = REPORT.as_json()
    check, finding = said["checks"][2], said["checks"][2]["findings"][0]
    for value, told in ((said, schema), (check, schema["$defs"]["check"]), (finding, schema["$defs"]["finding"])):
        assert list(value) == list(told["properties"]) == told["required"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda said: said.update(verdict="fine"),
        lambda said: said.pop("counts"),
        lambda said: said["checks"][0].update(status="failed"),
        lambda said: said["checks"][3].update(reason=None),
    ],
)
def test_the_schema_refuses_what_is_no_report(schema: dict[str, Any], spoil: Any) -> None:
    said = REPORT.as_json()
    spoil(said)
    assert not Draft202012Validator(schema).is_valid(json.loads(json.dumps(said)))


def test_text_says_what_is_wrong_and_what_it_comes_to() -> None:
    assert [line for line, _ in report_lines(REPORT)] == [
        "here",
        "Static: 1 passed, 1 warning",
        "  warning S003  no version",
        "    mend:  add to openenv.yaml: version: 0.1.0",
        "Start and HTTP: 1 error, 1 not checked",
        "  error H004  it is wrong\x1b[1m <&>",
        "    first",
        "    second",
        "    where: a.py:3",
        '    mend:  answer GET /health with {"status": "healthy"}',
        "  error H004  and this",
        "    mend:  do that",
        "Not checked:",
        "  H005: H004 failed",
        "failed: 1 passed, 1 error, 1 warning, 1 not checked, in 1.5 s",
    ]


def cases(report: Report) -> Iterator[tuple[str, dict[str, str]]]:
    for case in ET.fromstring(junit(report)).iter("testcase"):
        yield case.attrib["name"][:4], {child.tag: child.get("message", "") for child in case}


def test_junit_has_a_case_for_each_check() -> None:
    root = ET.fromstring(junit(REPORT))
    assert root.attrib == {
        "name": "openenv validate here",
        "time": "1.500",
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    assert [(suite.get("name"), suite.get("tests"), suite.get("time")) for suite in root] == [
        ("Static", "2", "0.500"),
        ("Start and HTTP", "2", "0.500"),
    ]
    assert dict(cases(REPORT)) == {
        "S001": {},
        "S003": {"system-out": ""},  # a warning that does not count
        "H004": {"failure": "it is wrong\ufffd[1m <&>"},
        "H005": {"skipped": "H004 failed"},
    }


def test_warnings_are_failures_in_junit_where_they_count() -> None:
    assert dict(cases(Report("here", REPORT.outcomes, strict=True)))["S003"] == {"failure": "no version"}


def test_every_check_can_be_reported() -> None:
    def failing(check: Check) -> Outcome:
        return Outcome(check, Status.FAILED, (Finding("wrong", check.id),))

    report = Report("all", tuple(failing(check) for check in registered().values()))
    errors = report.count(Status.FAILED, Severity.ERROR)
    assert ET.fromstring(junit(report)).get("failures") == str(errors)
