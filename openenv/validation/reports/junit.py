"""A report as JUnit XML, which continuous integration shows test by test. Pure."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from openenv.validation.check import FAMILIES, Severity
from openenv.validation.reports.report import Outcome, Report, Status
from openenv.validation.reports.text import finding_lines

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """Write a report as JUnit XML.

    Args:
        report: The report.

    Returns:
        One suite for each family, one case for each check. A warning that does not count is no failure, but
        said in the output of its case.
    """
    root = ET.Element("testsuites", name=f"openenv validate {_clean(report.target)}", time=_time(report.seconds))
    for family, title in FAMILIES.items():
        outcomes = [outcome for outcome in report.outcomes if outcome.check.family == family]
        if outcomes:
            suite = ET.SubElement(root, "testsuite", name=title, time=_time(sum(one.seconds for one in outcomes)))
            cases = [_case(outcome, title, report.strict) for outcome in outcomes]
            suite.extend(cases)
            _count(suite, cases)
    _count(root, list(root.iter("testcase")))
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"


def _case(outcome: Outcome, family: str, strict: bool) -> ET.Element:
    check = outcome.check
    case = ET.Element(
        "testcase", classname=f"openenv.{family}", name=f"{check.id} {check.title}", time=_time(outcome.seconds)
    )
    if outcome.late and strict:
        ET.SubElement(case, "failure", message=_clean(str(outcome.reason)), type=Severity.WARNING.value)
    elif outcome.status is Status.NOT_CHECKED:
        ET.SubElement(case, "skipped", message=_clean(str(outcome.reason)))
    elif outcome.status is Status.FAILED:
        said = "\n".join(line for finding in outcome.findings for line, _ in finding_lines(check, finding))
        if strict or check.severity is Severity.ERROR:
            message = _clean(outcome.findings[0].message)
            failure = ET.SubElement(case, "failure", message=message, type=check.severity.value)
        else:
            failure = ET.SubElement(case, "system-out")
        failure.text = _clean(said)
    return case


def _count(parent: ET.Element, cases: list[ET.Element]) -> None:
    parent.set("tests", str(len(cases)))
    parent.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    parent.set("errors", "0")
    parent.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(text: str) -> str:
    """Leave out what no XML document may hold."""
    return _NOT_XML.sub("\ufffd", text)
