"""Runs checks, each at most once, and says how every one of them came out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from openenv.discovery.target import ImageTarget, UrlTarget
from openenv.errors import ConfigurationError
from openenv.validation.check import Check, Finding, NotChecked, ProbeError, Stage, TimeUp, registered
from openenv.validation.context import Context
from openenv.validation.play.effort import DEFAULT, Effort
from openenv.validation.play.replay import Replay
from openenv.validation.reports.report import Outcome, Report, Status
from openenv.validation.selection import in_order, select
from openenv.validation.target import read_target

DEFAULT_TIMEOUT_S = 30.0
_PLACES = 3


@dataclass(frozen=True)
class Options:
    """How to validate.

    Attributes:
        select: Ids or prefixes of the checks to run; empty for all.
        ignore: Ids or prefixes of checks to leave out.
        static: Whether only files are read and nothing is run.
        strict: Whether warnings count.
        timeout_s: The longest wait for one answer of the server, in seconds.
        api_key: The key that the server asks for, if any.
        token: The token of the Hub that a private Space asks for, if any.
        effort: How much is played.
        replay: A failure that was found before: only that is played, and nothing else looked at.
    """

    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    static: bool = False
    strict: bool = False
    timeout_s: float = DEFAULT_TIMEOUT_S
    api_key: str | None = None
    token: str | None = None
    effort: Effort = DEFAULT
    replay: Replay | None = None


def validate(
    target: str | type[Any], options: Options | None = None, on_stage: Callable[[Stage], None] | None = None
) -> Report:
    """Validate a project, a server, an image, or an environment's class.

    Args:
        target: A path in a project, the URL of a server, ``image:`` and an image's name, or an environment's class,
            which is played in this process.
        options: How to validate.
        on_stage: Called when the checks of a stage begin.

    Returns:
        The report.

    Raises:
        ConfigurationError: There is no such target or check, or nothing that could be read without running it.
        ConnectError: No server answers at the URL, or the image cannot be started.
        UnauthorizedError: It asks for a key.
    """
    options = options or Options()
    chosen = select(registered().values(), options.select, options.ignore)
    read = read_target(target)
    if options.static and isinstance(read, (UrlTarget, ImageTarget)):
        raise ConfigurationError(f"{read} has no files here to read", hint="without --static it is asked and played")
    begun = time.monotonic()
    context = Context(
        read,
        options.timeout_s,
        static=options.static,
        api_key=options.api_key,
        token=options.token,
        effort=options.effort,
    )
    try:
        context.reach()
        outcomes = run(chosen, context, on_stage) if options.replay is None else (replayed(options.replay, context),)
    finally:
        context.close()
    told = tuple(replace(one, findings=tuple(map(context.explain, one.findings))) for one in outcomes)
    return Report(str(read), told, options.strict, time.monotonic() - begun)


def run(
    checks: Sequence[Check], context: Context, on_stage: Callable[[Stage], None] | None = None
) -> tuple[Outcome, ...]:
    """Run checks in an order in which those that others need come first.

    Args:
        checks: The checks.
        context: What they look at.
        on_stage: Called when the checks of a stage begin.

    Returns:
        One outcome for each check, in the order in which they were given.
    """
    outcomes: dict[str, Outcome] = {}
    told: set[Stage] = set()
    for check in in_order(checks):
        obstacle = _obstacle(check, context, outcomes)
        if obstacle is not None:
            outcomes[check.id] = _unchecked(check, obstacle)
            continue
        if on_stage is not None and check.stage not in told and not _sooner(check, checks, {*told}, outcomes):
            told.add(check.stage)
            on_stage(check.stage)
        outcomes[check.id] = _outcome(check, context, partial(_look, check, context))
    return tuple(outcomes[check.id] for check in checks)


def _sooner(check: Check, checks: Sequence[Check], told: set[Stage], outcomes: dict[str, Outcome]) -> bool:
    """Whether a check runs sooner than its stage comes, since others need it: an earlier stage is still to be told."""
    earlier = set(list(Stage)[: list(Stage).index(check.stage)]) - told
    return any(other.stage in earlier and other.id not in outcomes for other in checks)


def replayed(replay: Replay, context: Context) -> Outcome:
    """Play a failure that was found before.

    Args:
        replay: The failure.
        context: What it was found in.

    Returns:
        How its check comes out by that alone.

    Raises:
        ConfigurationError: There is no such check.
    """
    check = registered().get(replay.check)
    if check is None:
        raise ConfigurationError(f"no check is called '{replay.check}'", hint="another release has kept this file")
    return _outcome(check, context, lambda: context.play.replayed(check, replay.scripts[0]))


def _look(check: Check, context: Context) -> Iterable[Finding] | None:
    return check.function(context.subject(check))


def _outcome(check: Check, context: Context, look: Callable[[], Iterable[Finding] | None]) -> Outcome:
    begun = time.monotonic()
    findings: list[Finding] = []
    try:
        # One by one: what was found stays found, whatever comes after it.
        for finding in look() or ():
            findings.append(finding)
    except (NotChecked, ConfigurationError) as reason:
        # What it looks at cannot be had, as in a project that names no app: that is the finding of another check.
        if not findings:
            return _unchecked(check, reason, time.monotonic() - begun)
    except ProbeError as error:
        findings.append(error.finding())
    except Exception as error:
        # Nobody knows whether the environment or the check is to blame: that is no success, and must be seen.
        message = f"the check broke off: {type(error).__name__}: {error}"
        findings.append(Finding(message, mend="report it, with what the target is"))
    context.take_note(check, findings)
    told = folded(findings)
    if told and told[0].replay is None and check.stage in (Stage.RECORDING, Stage.PLAY):
        told = (context.play.shown(check, told[0]), *told[1:])
    status = Status.FAILED if told else Status.PASSED
    return Outcome(check, status, told, seconds=time.monotonic() - begun)


def _unchecked(check: Check, reason: Exception, seconds: float = 0.0) -> Outcome:
    late = isinstance(reason, TimeUp)
    return Outcome(check, Status.NOT_CHECKED, reason=str(reason), late=late, seconds=seconds)


def folded(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Tell each message once: the first finding with it names the other places."""
    places: dict[str, list[str | None]] = {}
    first: dict[str, Finding] = {}
    for finding in findings:
        places.setdefault(finding.message, []).append(finding.where)
        first.setdefault(finding.message, finding)
    return tuple(_with_places(one, [place for place in places[text][1:] if place]) for text, one in first.items())


def _with_places(finding: Finding, others: list[str]) -> Finding:
    if not others:
        return finding
    more = f" and {len(others) - _PLACES} more" if len(others) > _PLACES else ""
    return replace(finding, details=(*finding.details, f"also: {'; '.join(others[:_PLACES])}{more}"))


def _obstacle(check: Check, context: Context, before: dict[str, Outcome]) -> NotChecked | None:
    """Say why a check cannot run: nothing is there to look at, or one that it needs has not passed."""
    absence = context.absence(check.stage)
    if absence is not None:
        return NotChecked(absence)
    for outcome in (before[one] for one in (*check.needs, *check.spoilt_by) if one in before):
        if outcome.status is Status.FAILED:
            return NotChecked(f"{outcome.check.id} failed")
        # What the target does not have at all (a server by URL has no files) keeps nothing else from running.
        absent = context.absence(outcome.check.stage) is not None
        if outcome.status is Status.NOT_CHECKED and outcome.check.id in check.needs and not absent:
            return (TimeUp if outcome.late else NotChecked)(outcome.reason)
    return None
