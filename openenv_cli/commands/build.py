"""``openenv build``: make the image of an environment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from openenv.engine import connect
from openenv_cli import console
from openenv_cli.errors import UsageError
from openenv_cli.images.build import Done, Recipe
from openenv_cli.images.make import Made, Order, Phase, make
from openenv_cli.images.progress import BuildError, Event, Output, Step
from openenv_cli.images.smoke import SmokeError
from openenv_cli.images.tags import default_tags, read_tag
from openenv_cli.projects import find_project

Happening = Event | Done | Phase

_MEGABYTE = 1_000_000
_WIDTH = 60  # so that a line with its time fits on a terminal of 80 columns


def build(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The project's folder, or one in it.")] = Path(),
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", "-t", help="What to call the image; repeatable. [default: NAME:latest, NAME:VERSION]"),
    ] = None,
    base_image: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="The image to build on. [default: the Dockerfile's]")
    ] = None,
    platform: Annotated[
        str | None, typer.Option(metavar="OS/ARCH", help="What to build for. [default: the engine's own]")
    ] = None,
    build_arg: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A build argument; repeatable.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Build every step anew.")] = False,
    smoke: Annotated[
        bool, typer.Option("--smoke/--no-smoke", help="Start the image under restrictions, and validate it.")
    ] = True,
    push: Annotated[bool, typer.Option("--push", help="Push every tag to its registry.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make the image of an environment.

    Sends the project's files, less what .dockerignore leaves out, and the wheel of this very runtime to the
    container engine. The image is tried out, labelled with its manifest and JSON Schemas, and then named.
    """
    project = find_project(path)
    tags = tuple(map(read_tag, tag)) if tag else default_tags(project.manifest)
    recipe = Recipe(base_image, platform, _build_args(build_arg or []), use_cache=not no_cache)
    with closing(connect()) as client, _progress() as on_event, _details():
        made = make(client, project, Order(recipe, tags, trial=smoke, push=push), on_event)
    if as_json:
        console.document(made.as_json())
    else:
        _show(made, smoke)


def _build_args(given: list[str]) -> dict[str, str]:
    """Split build arguments at the first ``=``."""
    arguments = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise UsageError(f"--build-arg: '{one}' is not of the form NAME=VALUE", hint="--build-arg PIP_NO_INDEX=1")
        arguments[name] = value
    return arguments


@contextmanager
def _progress() -> Iterator[Callable[[Happening], None]]:
    """Show each step when it is done, and on a terminal what the present one does."""
    if console.settings.quiet or not console.may_be_styled(sys.stderr):
        yield _show_done
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("sending the project")

        def show(event: Happening) -> None:
            _show_done(event)
            if isinstance(event, Step):
                progress.reset(task, description=_brief(event.instruction))
            elif isinstance(event, Phase):
                progress.reset(task, description=event.value)
            elif isinstance(event, Output):
                progress.update(task, description=_brief(event.text.strip()))

        yield show


def _show_done(event: Happening) -> None:
    if isinstance(event, Done):
        step, time = event.step, "cached" if event.cached else f"{event.seconds:.1f} s"
        console.note(f"[{step.number:>2}/{step.total}] {_brief(step.instruction):{_WIDTH}} {time:>8}")
    elif isinstance(event, Phase):
        console.note(f"{event.value} …", "dim")


def _brief(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _WIDTH else f"{words[: _WIDTH - 1]}…"


@contextmanager
def _details() -> Iterator[None]:
    """Print what led to a failure before it is named."""
    try:
        yield
    except BuildError as error:
        for line in error.log:
            console.detail(line)
        raise
    except SmokeError as error:
        for line in error.findings:
            console.detail(line)
        raise


def _show(made: Made, smoke: bool) -> None:
    console.out(f"built {', '.join(made.tags)}: {made.size / _MEGABYTE:.0f} MB, in {made.seconds:.1f} s")
    if made.trial is not None:
        console.out(f"tried: {made.trial.passed} checks passed")
    elif smoke:
        console.warning("not tried, and labelled without JSON Schemas: the image is for another kind of processor")
    for tag, digest in made.digests.items():
        console.out(f"pushed {tag}: {digest}")
    console.note(f"next: openenv serve --docker, openenv validate image:{made.tags[0]}")
