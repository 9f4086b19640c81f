"""``openenv eval``: measure policies on an environment."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from openenv.errors import ConfigurationError
from openenv.evaluation import Progress, Report, ResetRefusedError, evaluate
from openenv.extras import MissingExtraError
from openenv_cli import asking, console, table
from openenv_cli.errors import MissingError, UsageError
from openenv_cli.telling import telling

_SHOWN_SEEDS = 5
_PLAIN_LINES = 10

_ResetOptions = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="An option of each reset, as JSON or else text; repeatable."),
]


def eval(  # noqa: A001 - the word that users type
    target: Annotated[str, typer.Argument(help=asking.TARGET)],
    policy: Annotated[
        str, typer.Option(metavar="NAME[,NAME…]", help="Who plays: random, llm, one of openenv.yaml, module:attribute.")
    ] = "random",
    episodes: Annotated[int, typer.Option(min=1, metavar="N", help="How many episodes of each policy.")] = 100,
    sessions: Annotated[int, typer.Option(min=1, metavar="K", help="How many are played at a time, at most.")] = 8,
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="The seed of the first; the next one has S + 1.")] = 0,
    reset: _ResetOptions = None,
    max_steps: Annotated[
        int, typer.Option(min=1, metavar="N", help="After how many steps an episode is cut short.")
    ] = 10_000,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the run there, and go on with the one that is there.")
    ] = None,
    trajectories: Annotated[bool, typer.Option("--trajectories", help="Keep every step as well; with --out.")] = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the returns of each policy.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> int:
    """Measure policies on an environment.

    Plays the same seeds with each policy and compares them. A container of a Space's image is started for
    that; the Space itself is played by its URL. A server that is protected by a key gets the one in
    OPENENV_API_KEY.
    """
    if trajectories and out is None:
        raise UsageError("--trajectories needs --out DIR to keep them in")
    draw = _drawing(plot)
    with _usage_errors(), telling(), _refusals(reset or ()), _progress(out) as on_progress:
        sys.path.insert(0, str(Path.cwd()))  # policies of one's own stand here
        report = evaluate(
            target,
            [name.strip() for name in policy.split(",") if name.strip()],
            episodes=episodes,
            sessions=sessions,
            seed=seed,
            reset=_options(reset or ()),
            max_steps=max_steps,
            out=out,
            trajectories=trajectories,
            on_progress=on_progress,
        )
    draw(report)
    _print(report, as_json)
    if any(failure.during == "reset" for _, failure, _ in report.failures) and (hint := _quoting(reset or ())):
        console.detail(f"hint: {hint}")
    return 1 if report.failed else 0


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Tell what is missing, and what was asked for wrongly, from what went wrong."""
    try:
        yield
    except MissingExtraError as error:
        raise MissingError(error.message, hint=error.hint) from None
    except ConfigurationError as error:
        raise UsageError(error.message, hint=error.hint) from None


def _drawing(file: Path | None) -> Callable[[Report], None]:
    """Find out what will be needed for a plot before hours are spent on episodes."""
    if file is None:
        return lambda report: None
    if not file.absolute().parent.is_dir():
        raise UsageError(f"--plot: there is no folder {file.absolute().parent}")
    with _usage_errors():
        from openenv.evaluation.plot import SUFFIXES, draw
    if file.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--plot: '{file.name}' is of no kind that can be drawn", hint="for example returns.png")

    def write(report: Report) -> None:
        draw(report, file)
        console.note(f"the plot is in {file}")

    return write


def _options(written: Sequence[str]) -> dict[str, Any]:
    """Read options of the reset: ``rows=5`` is a number, ``game_name=catch`` is text."""
    options: dict[str, Any] = {}
    for each in written:
        key, equals, value = each.partition("=")
        if not (key and equals):
            raise UsageError(f"--reset: '{each}' is not of the form KEY=VALUE")
        if key in options:
            raise UsageError(f"--reset: {key} is given twice")
        try:
            options[key] = json.loads(value)
        except ValueError:
            options[key] = value
    return options


@contextmanager
def _refusals(written: Sequence[str]) -> Iterator[None]:
    """Where an option of the reset is known, but refused, say how it would be text."""
    try:
        yield
    except ResetRefusedError as error:
        raise UsageError(error.message, hint=None if "known" in error.data else _quoting(written)) from None


def _quoting(written: Sequence[str]) -> str | None:
    """Say of the options that were read as a number or the like how they would be text; lists and objects are meant."""
    options = [
        (each, shlex.quote(f"{key}={json.dumps(each.partition('=')[2], ensure_ascii=False)}"))
        for each, (key, value) in zip(written, _options(written).items(), strict=True)
        if not isinstance(value, (str, list, dict))
    ]
    read = [f"--reset {each} was read as JSON; as text it is --reset {quoted}" for each, quoted in options]
    return "; ".join(read) or None


@contextmanager
def _progress(out: Path | None) -> Iterator[Callable[[Progress], None]]:
    """Show how far it is, and, when it is interrupted, say how to go on."""
    reached: list[Progress] = []
    try:
        with _bar() if sys.stderr.isatty() and not console.settings.quiet else _lines() as show:

            def listen(progress: Progress) -> None:
                reached[:] = [progress]
                show(progress)

            yield listen
    except KeyboardInterrupt:
        if reached and out is not None:
            console.note(f"\n{reached[0].done} of {reached[0].total} episodes are in {out}: the same command goes on")
        raise


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(progress: Progress) -> None:
            doing = progress.episode.policy if progress.episode else "playing"
            failed = f", {progress.failed} failed" if progress.failed else ""
            bar.update(task, total=progress.total, completed=progress.done, description=f"{doing}{failed}")

        yield show


@contextmanager
def _lines() -> Iterator[Callable[[Progress], None]]:
    def show(progress: Progress) -> None:
        every = max(progress.total // _PLAIN_LINES, 1)
        if progress.episode is None or progress.done % every == 0 or progress.done == progress.total:
            failed = f", {progress.failed} failed" if progress.failed else ""
            console.note(f"{progress.done} of {progress.total} episodes{failed}")

    yield show


def _print(report: Report, as_json: bool) -> None:
    if as_json:
        console.document(report.as_json())
        return
    header, *rows = table.lines([table.HEADER, *map(table.row, report.policies)])
    console.out(header, "bold")
    for line, summary in zip(rows, report.policies, strict=True):
        console.out(line, "red" if summary.errors else "")
    for each in report.comparisons:
        found = f"{each.difference.mean:+.4g} {table.interval(each.difference)} on {each.difference.count} seeds"
        console.out(f"{each.policy} less {each.other}: {found}, ahead on {each.ahead}, behind on {each.behind}")
    for summary in report.policies:
        if summary.cut_short:
            share = f"{summary.cut_short} of {summary.episodes} episodes"
            console.out(f"cut short by --max-steps: {summary.policy}, {share}")
    for policy, failure, seeds in report.failures:
        first = ", ".join(map(str, seeds[:_SHOWN_SEEDS])) + (" …" if len(seeds) > _SHOWN_SEEDS else "")
        which = f"{len(seeds)} episodes (seeds {first})" if len(seeds) > 1 else f"1 episode (seed {first})"
        what = f"{failure.type}: {failure.message}"
        console.out(f"failed: {policy}, {which}, in {failure.during}: {what}", "red")
        if failure.hint:
            console.out(f"hint: {failure.hint}")
