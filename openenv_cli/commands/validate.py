"""``openenv validate``: check a project, or a server at work."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from openenv.errors import ConfigurationError, UnauthorizedError
from openenv.validation.check import FAMILIES, Severity, Stage
from openenv.validation.report import Outcome, Report, Status, Verdict
from openenv.validation.run import DEFAULT_TIMEOUT_S, Options
from openenv.validation.run import validate as run_checks
from openenv_cli import console
from openenv_cli.errors import MissingError, UsageError

_LONGEST_WAIT_S = 3600.0
_DOING = {
    Stage.SOURCES: "reading the project",
    Stage.WHEEL: "building its wheel",
    Stage.IMPORTS: "importing it",
    Stage.LAUNCH: "starting its server",
    Stage.SERVER: "talking to the server",
    Stage.RECORDING: "playing episodes",
    Stage.PLAY: "playing more episodes",
    Stage.SLOTS: "starting a second server",
    Stage.EXIT: "stopping the server",
}
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow"}

Line = tuple[str, str]
"""A line of the report and its style."""


class Format(str, Enum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


def validate(
    target: Annotated[str, typer.Argument(help="A project's folder, the URL of a server, or image:NAME.")] = ".",
    static: Annotated[bool, typer.Option("--static", help="Read files only; run nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings count as errors.")] = False,
    select: Annotated[
        list[str] | None, typer.Option("--select", metavar="ID", help="Only checks whose id begins so; repeatable.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="ID", help="No check whose id begins so; repeatable.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to write the report.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the report there instead of to stdout.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="Longest wait for one answer of the server.")
    ] = DEFAULT_TIMEOUT_S,
) -> int:
    """Check a project, or a server at work.

    A project is read, then imported, started on a free port and played. An image is started in a container
    of its own. A server that is protected by a key gets the one in OPENENV_API_KEY.
    """
    if not 0 < timeout <= _LONGEST_WAIT_S:
        raise UsageError(f"--timeout is more than 0 and at most {_LONGEST_WAIT_S:g} seconds, not {timeout:g}")
    if output is not None and not output.absolute().parent.is_dir():
        raise UsageError(f"--output: there is no folder {output.absolute().parent}")
    options = Options(
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        static=static,
        strict=strict,
        timeout_s=timeout,
        api_key=os.environ.get("OPENENV_API_KEY"),
    )
    try:
        report = run_checks(target, options, on_stage=lambda stage: console.note(f"{_DOING[stage]} …", "dim"))
    except ConfigurationError as error:
        raise UsageError(error.message, hint=error.hint) from None
    except UnauthorizedError as error:
        raise MissingError(error.message, hint=error.hint) from None
    _write(report, Format.JSON if as_json else format_, output)
    return 0 if report.verdict is Verdict.PASSED else 1


def _write(report: Report, format_: Format, output: Path | None) -> None:
    """Print the report, or put it in a file and print where it is."""
    if output is None:
        if format_ is Format.JSON:
            console.document(report.as_json())
        for text, style in _lines(report) if format_ is Format.TEXT else ():
            console.out(text, style)
        return
    as_json = json.dumps(report.as_json(), indent=2, ensure_ascii=False)
    text = as_json if format_ is Format.JSON else "\n".join(line for line, _ in _lines(report))
    output.write_text(text + "\n", encoding="utf-8")
    console.note(f"{_verdict(report)}\nthe report is in {output}")


def _lines(report: Report) -> Iterator[Line]:
    """Lay the report out for people."""
    yield report.target, "bold"
    for family, title in FAMILIES.items():
        outcomes = [outcome for outcome in report.outcomes if outcome.check.family == family]
        if outcomes:
            yield f"{title}: {_tally(outcomes)}", ""
        for outcome in outcomes:
            yield from _findings(outcome)
    reasons = report.reasons()
    if reasons:
        yield "Not checked:", ""
    for reason, ids in reasons:
        yield f"  {_ranges(ids)}: {reason}", "dim"
    passed = report.verdict is Verdict.PASSED
    yield _verdict(report), "bold green" if passed else "bold red"


def _findings(outcome: Outcome) -> Iterator[Line]:
    check = outcome.check
    for finding in outcome.findings:
        yield f"  {check.severity.value} {check.id}  {finding.message}", _STYLES[check.severity]
        yield from ((f"    {line}", "dim") for line in finding.details)
        if finding.where:
            yield f"    where: {finding.where}", ""
        yield f"    mend:  {finding.mend or check.mend}", ""


def _tally(outcomes: list[Outcome]) -> str:
    counts = {status: sum(outcome.status is status for outcome in outcomes) for status in Status}
    return ", ".join(f"{count} {status.value}" for status, count in counts.items() if count)


def _ranges(ids: list[str]) -> str:
    """Write neighbouring ids as a range: ``H003 - H019, W001``."""
    runs: list[list[str]] = []
    for one in ids:
        if runs and runs[-1][-1] == f"{one[0]}{int(one[1:]) - 1:03}":
            runs[-1].append(one)
        else:
            runs.append([one])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} - {run[-1]}" for run in runs)


def _verdict(report: Report) -> str:
    errors, warnings = (report.count(Status.FAILED, severity) for severity in Severity)
    counts = [
        f"{report.count(Status.PASSED)} passed",
        f"{errors} error{'s' * (errors != 1)}",
        f"{warnings} warning{'s' * (warnings != 1)}{' (which count)' * (report.strict and warnings > 0)}",
        f"{report.count(Status.NOT_CHECKED)} not checked",
    ]
    return f"{report.verdict.value}: {', '.join(counts)}, in {report.seconds:.1f} s"
