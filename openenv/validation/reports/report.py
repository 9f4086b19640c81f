"""What a validation found."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from openenv.validation.check import FAMILIES, Check, Finding, Severity
from openenv.validation.play.replay import Replay
from openenv.version import DISTRIBUTION, VERSION

FORMAT_VERSION = 1
"""Raised when a field of the JSON report changes its meaning or goes away."""


class Status(str, Enum):
    """How a check came out. One that could not run is never counted as passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


class Verdict(str, Enum):
    """What it all comes to."""

    PASSED = "passed"
    FAILED = "failed"
    NOTHING_CHECKED = "nothing checked"


@dataclass(frozen=True)
class Outcome:
    """How one check came out.

    Attributes:
        check: The check.
        status: Passed, failed or not checked.
        findings: What is wrong, where it failed.
        reason: Why it was not checked.
        late: Whether it was not checked because the time was up.
        seconds: How long it took.
    """

    check: Check
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    late: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """How a whole validation came out.

    Attributes:
        target: What was validated, as a path or a URL.
        outcomes: One for each check that was asked for, in the order of their ids.
        strict: Whether warnings count.
        seconds: How long it took in all.
    """

    target: str
    outcomes: tuple[Outcome, ...]
    strict: bool = False
    seconds: float = 0.0

    def count(self, status: Status, severity: Severity | None = None) -> int:
        """Count the outcomes with a status, and with a severity where one is given."""
        return sum(outcome.status is status and severity in (None, outcome.check.severity) for outcome in self.outcomes)

    @property
    def verdict(self) -> Verdict:
        """Failed where an error was found, or, with ``strict``, a warning, or too little time.

        Nothing checked is no success either.
        """
        if self.count(Status.FAILED, None if self.strict else Severity.ERROR) or (self.strict and self.late):
            return Verdict.FAILED
        if not self.count(Status.PASSED) and not self.count(Status.FAILED):
            return Verdict.NOTHING_CHECKED
        return Verdict.PASSED

    @property
    def late(self) -> int:
        """How many checks there was no time for."""
        return sum(outcome.late for outcome in self.outcomes)

    @property
    def replays(self) -> list[Replay]:
        """The failures that can be played again."""
        return [one.replay for outcome in self.outcomes for one in outcome.findings if one.replay is not None]

    def errors(self) -> list[str]:
        """Say each error that was found, after the id of its check."""
        return [
            f"{outcome.check.id} {finding.message}"
            for outcome in self.outcomes
            if outcome.status is Status.FAILED and outcome.check.severity is Severity.ERROR
            for finding in outcome.findings
        ]

    def reasons(self) -> list[tuple[str, list[str]]]:
        """Say what was not checked: each reason with the ids that it kept from running, most frequent first."""
        skipped = [outcome for outcome in self.outcomes if outcome.status is Status.NOT_CHECKED]
        counted = Counter(str(outcome.reason) for outcome in skipped)
        return [
            (reason, [outcome.check.id for outcome in skipped if outcome.reason == reason])
            for reason, _ in counted.most_common()
        ]

    def as_json(self) -> dict[str, Any]:
        """Lay the report out as JSON values."""
        return {
            "format": FORMAT_VERSION,
            "generator": f"{DISTRIBUTION} {VERSION}",
            "target": self.target,
            "strict": self.strict,
            "verdict": self.verdict.value,
            "seconds": round(self.seconds, 3),
            "counts": {
                "passed": self.count(Status.PASSED),
                "errors": self.count(Status.FAILED, Severity.ERROR),
                "warnings": self.count(Status.FAILED, Severity.WARNING),
                "not_checked": self.count(Status.NOT_CHECKED),
                "late": self.late,
            },
            "checks": [_outcome_as_json(outcome) for outcome in self.outcomes],
        }


def _outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    check = outcome.check
    return {
        "id": check.id,
        "family": FAMILIES[check.family],
        "title": check.title,
        "severity": check.severity.value,
        "status": outcome.status.value,
        "seconds": round(outcome.seconds, 3),
        "reason": outcome.reason,
        "findings": [{**asdict(finding), "mend": finding.mend or check.mend} for finding in outcome.findings],
    }
