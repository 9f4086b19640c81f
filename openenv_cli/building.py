"""Makes images for people: each step is shown as it is done, and the image at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from openenv.engine import connect
from openenv.project.project import Project
from openenv_cli import console
from openenv_cli.images.build import Done, Recipe, context_of, find_dockerfile
from openenv_cli.images.context import Entry
from openenv_cli.images.make import Made, Order, Phase, make
from openenv_cli.images.progress import BuildError, Event, Output, Step
from openenv_cli.images.smoke import SmokeError
from openenv_cli.secrets_guard import require_no_secrets
from openenv_cli.spinner import WIDTH, brief, spinner

Happening = Event | Done | Phase

_MEGABYTE = 1_000_000


def require_publishable(project: Project, recipe: Recipe, allowed: Sequence[str]) -> list[Entry]:
    """Check that the image of a project can be published.

    Args:
        project: The project.
        recipe: How its image is built.
        allowed: Paths of files that may hold what looks secret.

    Returns:
        The files that go into it.

    Raises:
        UsageError: There is no Dockerfile, it does not take what the recipe has, or an allowed path is that of no file.
        SecretsError: A file holds what must not be published.
    """
    dockerfile = find_dockerfile(project)
    if recipe.base_image is not None:
        dockerfile.require_base_image_argument()
    entries = [entry for entry in context_of(project, dockerfile) if entry.header().isreg()]
    require_no_secrets(entries, allowed)
    return entries


def make_and_tell(project: Project, order: Order) -> Made:
    """Make an image, and show how that goes.

    Args:
        project: The project.
        order: What to make.

    Returns:
        The image.

    Raises:
        CommandError: It cannot be made; what led to it is printed before.
        ConnectError: No engine answers, or the image does not start.
    """
    with closing(connect()) as client, _progress() as on_event, _details():
        return make(client, project, order, on_event)


@contextmanager
def _progress() -> Iterator[Callable[[Happening], None]]:
    """Show each step when it is done, and on a terminal what the present one does."""
    with spinner("sending the project") as line:

        def show(event: Happening) -> None:
            _show_done(event)
            if isinstance(event, Step):
                line.begin(event.instruction)
            elif isinstance(event, Phase):
                line.begin(event.value)
            elif isinstance(event, Output):
                line.update(event.text.strip())

        yield show


def _show_done(event: Happening) -> None:
    if isinstance(event, Done):
        step, time = event.step, "cached" if event.cached else f"{event.seconds:.1f} s"
        console.note(f"[{step.number:>2}/{step.total}] {brief(step.instruction):{WIDTH}} {time:>8}")
    elif isinstance(event, Phase):
        console.note(f"{event.value} …", "dim")


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


def show(made: Made, *, trial: bool) -> None:
    """Print what was made.

    Args:
        made: The image.
        trial: Whether it was to be tried.
    """
    console.out(f"built {', '.join(made.tags)}: {made.size / _MEGABYTE:.0f} MB, in {made.seconds:.1f} s")
    if made.trial is not None:
        console.out(f"tried: {made.trial.passed} checks passed")
    elif trial:
        processor = "is for a kind of processor that this engine does not emulate"
        console.warning(f"not tried, and labelled without JSON Schemas: the image {processor}")
    else:
        console.note("labelled without JSON Schemas, which are read when an image is tried")
    for tag, digest in made.digests.items():
        console.out(f"pushed {tag}: {digest}")
