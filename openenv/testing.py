"""The checks of ``openenv validate`` as tests: of an environment's class, in process, or of a project or server.

In a test file of an environment::

    @pytest.mark.parametrize("case", cases(MyEnvironment), ids=str)
    def test_keeps_the_rules(case: Case) -> None:
        case.run()

Nothing here needs pytest: a case that fails raises ``AssertionError``, one that cannot be checked ``SkipTest``.
"""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import SkipTest

from openenv.errors import ConfigurationError, EnvironmentTraceback
from openenv.validation.check import Check, Severity, Stage, registered
from openenv.validation.play.effort import QUICK, Effort
from openenv.validation.play.replay import Replay
from openenv.validation.reports.report import Outcome, Status
from openenv.validation.reports.text import finding_lines
from openenv.validation.run import Options, validate
from openenv.validation.selection import select as select_checks
from openenv.validation.target import ClassTarget, read_target

_IN_PROCESS = (Stage.RECORDING, Stage.PLAY)


class CheckFailed(AssertionError):
    """A check failed; the message is what ``openenv validate`` would print."""


class CheckWarning(UserWarning):
    """A check failed that is a warning only."""


@dataclass(frozen=True)
class Case:
    """One check of an environment, as a test.

    Attributes:
        check: The check.
        examination: What it belongs to; all of it is run when the first case is.
    """

    check: Check
    examination: Examination

    def __str__(self) -> str:
        return self.check.id

    def run(self) -> None:
        """Do nothing where the check passes.

        Raises:
            CheckFailed: It fails.
            SkipTest: It could not be checked; the message says why.
        """
        __tracebackhide__ = True
        outcome = self.examination.outcomes[self.check.id]
        if outcome.status is Status.NOT_CHECKED:
            if outcome.late and self.examination.strict:
                raise CheckFailed(f"{self.check.title}: {outcome.reason}")
            raise SkipTest(str(outcome.reason))
        if outcome.status is Status.FAILED:
            said = "\n".join([self.check.title, *_told(outcome, self.examination.place)])
            if self.check.severity is Severity.ERROR or self.examination.strict:
                raise CheckFailed(said) from _cause(outcome)
            warnings.warn(said, CheckWarning, stacklevel=2)


class Examination:
    """The checks of one target, run once and together.

    Args:
        target: An environment's class, a path in a project, the URL of a server, or ``image:`` and a name.
        options: How to validate.

    Raises:
        ConfigurationError: There is no such target, or no such check.
    """

    def __init__(self, target: type[Any] | str | Path, options: Options) -> None:
        self.strict = options.strict
        self._target = str(target) if isinstance(target, Path) else target
        self._options = options
        read = read_target(self._target)
        self._project = read.project if isinstance(read, ClassTarget) else None
        self._place = self._project or (None if isinstance(read, ClassTarget) else read)
        asked = select_checks(registered().values(), options.select, options.ignore)
        self.chosen = [check.id for check in asked if self._applies(check)]

    @property
    def place(self) -> str | None:
        """What ``openenv validate`` is told to look at the same; ``None`` where there is nothing."""
        return None if self._place is None else shlex.quote(str(self._place))

    @property
    def cases(self) -> list[Case]:
        """A case for each check that applies."""
        return [Case(registered()[id_], self) for id_ in self.chosen]

    def choose(self, ids: Sequence[str]) -> None:
        """Run no more than these checks."""
        self.chosen = [id_ for id_ in self.chosen if id_ in ids]

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """How each check came out."""
        everything = registered()
        # A class is played in this process; the files of its project are read as those of a project.
        read = [id_ for id_ in self.chosen if self._project is not None and everything[id_].stage is Stage.SOURCES]
        rest = [id_ for id_ in self.chosen if id_ not in read]
        reports = (
            [validate(str(self._project), replace(self._options, select=read, ignore=(), static=True))] if read else []
        )
        reports += [validate(self._target, replace(self._options, select=rest, ignore=()))] if rest else []
        return {outcome.check.id: outcome for report in reports for outcome in report.outcomes}

    def _applies(self, check: Check) -> bool:
        if not isinstance(self._target, type):
            return True
        return check.stage in _IN_PROCESS or (self._project is not None and check.stage is Stage.SOURCES)


def cases(
    target: type[Any] | str | Path,
    *,
    strict: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    effort: Effort = QUICK,
) -> list[Case]:
    """Give the checks of an environment, for ``pytest.mark.parametrize``.

    Args:
        target: An environment's class: it is played in this process, and the files of the project that it belongs to
            are read. Or a path in a project, the URL of a server, or ``image:`` and a name: all is checked.
        strict: Whether warnings are failures.
        select: Ids or prefixes of the checks to run; empty for all.
        ignore: Ids or prefixes of checks to leave out.
        effort: How much is played.

    Returns:
        One case for each check.

    Raises:
        ConfigurationError: There is no such target, or no such check; or ``select`` or ``ignore`` is no list.
    """
    for name, ids in (("select", select), ("ignore", ignore)):
        if isinstance(ids, str):
            raise ConfigurationError(f"{name} is a list of ids, not the text {ids!r}", hint=f"{name}=[{ids!r}]")
    return Examination(target, Options(strict=strict, select=select, ignore=ignore, effort=effort)).cases


def _told(outcome: Outcome, place: str | None) -> Iterator[str]:
    """Say what was found as ``openenv validate`` does, and keep what can be played again."""
    for finding in outcome.findings:
        yield from (line for line, _ in finding_lines(outcome.check, finding))
        if finding.replay is None:
            continue
        if place is not None and _kept(finding.replay):
            yield from (f"  again: {finding.replay.again(place)}", "", *finding.replay.told)
        else:
            yield from ("", *finding.replay.snippet.splitlines())


def _kept(replay: Replay) -> bool:
    try:
        replay.keep()
    except OSError:  # nothing may be written here; its program is told in any case
        return False
    return True


def _cause(outcome: Outcome) -> EnvironmentTraceback | None:
    """What the environment has raised, if anything."""
    stories = [finding.traceback for finding in outcome.findings if finding.traceback]
    return EnvironmentTraceback(stories[0]) if stories else None
