"""``openenv validate``: check a project, or a server at work."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from openenv.errors import ConfigurationError, UnauthorizedError
from openenv.validation.check import AT_WORK, Stage, registered
from openenv.validation.play.effort import DEFAULT, QUICK, THOROUGH
from openenv.validation.play.replay import Replay
from openenv.validation.reports.junit import junit
from openenv.validation.reports.report import Report, Verdict
from openenv.validation.reports.text import report_lines, verdict_line
from openenv.validation.run import DEFAULT_TIMEOUT_S, Options
from openenv.validation.run import validate as run_checks
from openenv.validation.selection import select as select_checks
from openenv_cli import console, endings
from openenv_cli.errors import MissingError, UsageError

_LONGEST_WAIT_S = 3600.0
_DOING = {
    Stage.SOURCES: "reading the project",
    Stage.WHEEL: "building its wheel",
    Stage.IMPORTS: "importing it",
    Stage.LAUNCH: "starting its server",
    Stage.SERVER: "talking to the server",
    Stage.RECORDING: "playing episodes",
    Stage.PLAY: "playing them in other ways",
    Stage.SLOTS: "starting a second server",
    Stage.EXIT: "stopping the server",
}
_EXCLUDED = {
    "--quick": ("--thorough",),
    "--static": ("--quick", "--thorough", "--replay"),
    "--replay": ("--select", "--ignore", "--quick", "--thorough"),
}
"""Option -> those that make no sense beside it."""

_REASONS = {
    "--static": "with --static nothing is run",
    "--replay": "--replay plays what its file holds, and nothing else",
}
_STYLES = {
    "title": "bold",
    "error": "bold red",
    "warning": "yellow",
    "aside": "dim",
    "passed": "bold green",
    "failed": "bold red",
}
"""What a line of the report is -> how it looks."""


class Format(str, Enum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


Chosen = Annotated[
    list[str] | None, typer.Option("--select", metavar="ID", help="Only checks whose id begins so; repeatable.")
]
LeftOut = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="ID", help="No check whose id begins so; repeatable.")
]
HowWritten = Annotated[Format | None, typer.Option("--format", help="How to write the report; as text where left out.")]
Output = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write the report there instead of to stdout.")
]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", help="Longest wait for one answer of the server.")
]
Kept = Annotated[
    Path | None, typer.Option("--replay", metavar="FILE", help="Play a failure again that was found before.")
]
Thorough = Annotated[
    bool, typer.Option("--thorough", help=f"Play for up to {THOROUGH.seconds:g} s, hundreds of episodes.")
]


def validate(
    target: Annotated[str, typer.Argument(help="A project's folder, the URL of a server, or image:NAME.")] = ".",
    static: Annotated[bool, typer.Option("--static", help="Read files only; run nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings count as errors.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help=f"Play for {QUICK.seconds:g} s at most.")] = False,
    thorough: Thorough = False,
    select: Chosen = None,
    ignore: LeftOut = None,
    format_: HowWritten = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Output = None,
    timeout: Timeout = DEFAULT_TIMEOUT_S,
    replay: Kept = None,
) -> int:
    """Check a project, or a server at work.

    A project is read, then imported, started on a free port and played. An image is started in a container
    of its own. A server that is protected by a key gets the one in OPENENV_API_KEY. An episode that shows what is
    wrong is kept in .openenv, for --replay.
    """
    _require_sense(
        **{"--quick": quick, "--thorough": thorough, "--static": static, "--replay": replay},
        **{"--select": select, "--ignore": ignore},
    )
    if as_json and format_ not in (None, Format.JSON):
        raise UsageError(f"--json or --format {format_.value}, not both")
    if not 0 < timeout <= _LONGEST_WAIT_S:
        raise UsageError(f"--timeout is more than 0 and at most {_LONGEST_WAIT_S:g} seconds, not {timeout:g}")
    if output is not None:
        _require_writable(output)
    options = Options(
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        static=static,
        strict=strict,
        timeout_s=timeout,
        api_key=os.environ.get("OPENENV_API_KEY"),
        effort=QUICK if quick else THOROUGH if thorough else DEFAULT,
    )
    try:
        options = dataclasses.replace(options, replay=Replay.read(replay) if replay else None)
        with endings.like_ctrl_c():
            report = run_checks(target, options, on_stage=_teller(options))
    except ConfigurationError as error:
        raise UsageError(error.message, hint=error.hint) from None
    except UnauthorizedError as error:
        raise MissingError(error.message, hint=error.hint) from None
    _write(report, Format.JSON if as_json else format_ or Format.TEXT, output)
    _keep(report.replays)
    return 0 if report.verdict is Verdict.PASSED else 1


def _require_sense(**given: object) -> None:
    """Refuse options that contradict each other."""
    for one, others in _EXCLUDED.items():
        for other in others:
            if given[one] and given[other]:
                raise UsageError(f"{one} or {other}, not both", hint=_REASONS.get(one))


def _require_writable(output: Path) -> None:
    """Refuse beforehand what no report can be written to."""
    folder = output.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"--output: there is no folder {folder}")
    if output.is_dir():
        raise UsageError(f"--output: {output} is a folder", hint=f"name a file, such as {output / 'report'}")
    effective = os.access in os.supports_effective_ids
    if not os.access(output if output.exists() else folder, os.W_OK, effective_ids=effective):
        raise UsageError(f"--output: {output} cannot be written")


def _keep(replays: Sequence[Replay]) -> None:
    """Keep what can be played again, where that is possible: the report is there in any case."""
    try:
        for replay in replays:
            replay.keep()
    except OSError as error:
        console.warning(f"nothing is kept for --replay: {error.filename}: {error.strerror}")


def _teller(options: Options) -> Callable[[Stage], None]:
    """Make what says what is being done, and first of all how long it may take where anything is played."""
    chosen = select_checks(registered().values(), options.select, options.ignore)
    effort = options.effort
    bound = f" (at most {effort.seconds:g} s of playing, and {effort.in_all:g} s in all)"
    if options.static or not any(check.stage in AT_WORK for check in chosen):
        bound = ""

    def tell(stage: Stage) -> None:
        nonlocal bound
        console.note(f"{_DOING[stage]} …{bound}", "dim")
        bound = ""

    return tell


def _write(report: Report, format_: Format, output: Path | None) -> None:
    """Print the report, or put it in a file and print where it is."""
    if output is not None:
        output.write_text(_text(report, format_), encoding="utf-8")
        console.note(f"{verdict_line(report)}\nthe report is in {output}")
    elif format_ is Format.TEXT:
        for line, kind in report_lines(report):
            console.out(line, _STYLES.get(kind, ""))
    elif format_ is Format.JSON:
        console.document(report.as_json())
    else:
        sys.stdout.write(junit(report))


def _text(report: Report, format_: Format) -> str:
    if format_ is Format.JUNIT:
        return junit(report)
    if format_ is Format.JSON:
        return json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n"
    return "".join(f"{line}\n" for line, _ in report_lines(report))
