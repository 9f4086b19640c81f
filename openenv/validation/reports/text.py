"""A report as lines for people. Pure; what they look like is up to whoever prints them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from openenv.validation.check import FAMILIES, Check, Finding, Severity
from openenv.validation.reports.report import Outcome, Report, Status, Verdict

_COUNTABLE = tuple(severity.value for severity in Severity)

Line = tuple[str, str]
"""A line, and what it is: ``title``, ``error``, ``warning``, ``aside``, ``passed``, ``failed``, or plain."""


def report_lines(report: Report) -> Iterator[Line]:
    """Lay a report out: its findings by family, what was not checked and why, and the verdict."""
    yield report.target, "title"
    for family, title in FAMILIES.items():
        outcomes = [outcome for outcome in report.outcomes if outcome.check.family == family]
        if outcomes:
            yield f"{title}: {_tally(outcomes)}", ""
        for outcome in outcomes:
            for finding in outcome.findings:
                yield from ((f"  {text}", kind) for text, kind in finding_lines(outcome.check, finding))
                if finding.replay is not None:
                    yield f"    again: {finding.replay.again(report.target)}", ""
    reasons = report.reasons()
    if reasons:
        yield "Not checked:", ""
    for reason, ids in reasons:
        late = any(outcome.late and outcome.reason == reason for outcome in report.outcomes)
        yield f"  {_ranges(ids)}: {reason}", "warning" if late else "aside"
    for replay in report.replays:
        # Without indentation, so that it can be pasted.
        yield from ((line, "aside") for line in (f"{replay.check} as Python:", "", *replay.told, ""))
    yield verdict_line(report), "passed" if report.verdict is Verdict.PASSED else "failed"


def finding_lines(check: Check, finding: Finding) -> Iterator[Line]:
    """Say what is wrong, where, and how to mend it."""
    yield f"{check.severity.value} {check.id}  {finding.message}", check.severity.value
    yield from ((f"  {line}", "aside") for line in finding.details)
    if finding.where:
        yield f"  where: {finding.where}", ""
    yield f"  mend:  {finding.mend or check.mend}", ""


def verdict_line(report: Report) -> str:
    """Say what it all comes to."""
    errors, warnings = (report.count(Status.FAILED, severity) for severity in Severity)
    counts = [
        f"{report.count(Status.PASSED)} passed",
        _counted(errors, "error"),
        f"{_counted(warnings, 'warning')}{' (which count)' * (report.strict and warnings > 0)}",
        f"{report.count(Status.NOT_CHECKED)} not checked",
    ]
    if report.late:
        counts[-1] += f" ({report.late} for lack of time{', which counts' * report.strict})"
    return f"{report.verdict.value}: {', '.join(counts)}, in {report.seconds:.1f} s"


def _tally(outcomes: list[Outcome]) -> str:
    counts = Counter(_how(outcome) for outcome in outcomes)
    order = ("passed", *(severity.value for severity in Severity), "not checked")
    return ", ".join(_counted(counts[how], how) for how in order if counts[how])


def _how(outcome: Outcome) -> str:
    return outcome.check.severity.value if outcome.status is Status.FAILED else outcome.status.value


def _counted(count: int, how: str) -> str:
    """Say how many there are of something; only errors and warnings have a plural."""
    return f"{count} {how}{'s' * (how in _COUNTABLE and count != 1)}"


def _ranges(ids: list[str]) -> str:
    """Write neighbouring ids as a range: ``H003 - H019, W001``."""
    runs: list[list[str]] = []
    for one in ids:
        if runs and runs[-1][-1] == f"{one[0]}{int(one[1:]) - 1:03}":
            runs[-1].append(one)
        else:
            runs.append([one])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} - {run[-1]}" for run in runs)
