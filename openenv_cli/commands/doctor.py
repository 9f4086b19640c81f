"""``openenv doctor``: say what this machine lacks."""

from __future__ import annotations

from typing import Annotated

import typer

from openenv_cli import console, machine
from openenv_cli.machine import Finding, Status

_STYLES = {Status.OK: "green", Status.NOTE: "yellow", Status.PROBLEM: "bold red", Status.MISSING: "bold red"}
_WIDTH = max(len(status.value) for status in Status)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False) -> int:
    """Say what this machine lacks.

    Looks at Python, the installed packages, the container engine, the disk, the token for the Hub and the
    default port, and says what to do about each. A note is worth knowing, and no failure.
    """
    findings = []
    for finding in machine.examine():
        findings.append(finding)
        if not as_json:
            console.out(_line(finding), _STYLES[finding.status])
    code = machine.exit_code(findings)
    if as_json:
        console.document({"exit_code": code, "findings": [finding.as_json() for finding in findings]})
    return code


def _line(finding: Finding) -> str:
    advice = f": {finding.hint}" if finding.hint else ""
    return f"{finding.status.value:<{_WIDTH}}  {finding.name}: {finding.message}{advice}"
