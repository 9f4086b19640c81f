"""Builds the image of a project: its files go to the engine, and what the engine says comes back as events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openenv.project.project import Layout, Project, read_text
from openenv.version import DISTRIBUTION
from openenv_cli.errors import UsageError
from openenv_cli.images.context import Entry, archive, collect
from openenv_cli.images.dockerfile import BASE_IMAGE, WHEELS, Dockerfile
from openenv_cli.images.platform import Platform
from openenv_cli.images.progress import BaseImageError, BuildError, Built, Cached, Event, Step, read_events
from openenv_cli.images.wheel import runtime_wheel

if TYPE_CHECKING:
    from docker import DockerClient

_LONGEST_LINE = 65_000
"""The longest line of a Dockerfile that engines read is 65,535 bytes."""

OUR_WHEELS = f"{WHEELS}/{DISTRIBUTION.replace('-', '_')}-*.whl"
"""Wheels of the runtime that a project may hold from before; that of the present one takes their place."""


@dataclass(frozen=True)
class Recipe:
    """How to build.

    Attributes:
        base_image: The image to build on; the Dockerfile's own where left out.
        platform: The operating system and processor to build for; the engine's own where left out.
        build_args: Further build arguments.
        use_cache: Whether what was built before may be used again.
    """

    base_image: str | None = None
    platform: Platform | None = None
    build_args: Mapping[str, str] = field(default_factory=dict)
    use_cache: bool = True


@dataclass(frozen=True)
class Done:
    """A step that is done.

    Attributes:
        step: The step.
        seconds: How long it took.
        cached: Whether its result was there already.
    """

    step: Step
    seconds: float
    cached: bool


@dataclass(frozen=True)
class Build:
    """A build that is done.

    Attributes:
        image: The id of the image.
        steps: How long each step took.
    """

    image: str
    steps: tuple[Done, ...]


OnEvent = Callable[[Event | Done], None]
"""Told what happens during a build, as it happens."""


def build(client: DockerClient, project: Project, recipe: Recipe, on_event: OnEvent) -> Build:
    """Build the image of a project. It gets no name.

    Args:
        client: The engine.
        project: The project.
        recipe: How to build it.
        on_event: Told what happens.

    Returns:
        The image.

    Raises:
        UsageError: There is no Dockerfile, or it does not take what the recipe has.
        DockerfileError: The Dockerfile needs BuildKit.
        ContextError: A file of the project cannot be read.
        BuildError: An instruction failed.
        BaseImageError: The base image cannot be had, or not for that platform.
    """
    dockerfile = find_dockerfile(project)
    arguments = dict(recipe.build_args)
    if recipe.base_image is not None:
        dockerfile.require_base_image_argument()
        arguments[BASE_IMAGE] = recipe.base_image
    entries = context_of(project, dockerfile)
    options = {"dockerfile": dockerfile.path, "buildargs": arguments, "nocache": not recipe.use_cache}
    if recipe.platform is None:
        return _run(client, entries, on_event, **options)
    built = _run(client, entries, on_event, platform=str(recipe.platform), **options)
    _check_platform(client, built, recipe.platform)
    return built


def add_labels(client: DockerClient, image: str, labels: Mapping[str, str]) -> str:
    """Put labels on an image; its files stay what they are.

    Args:
        client: The engine.
        image: The id of the image.
        labels: The labels.

    Returns:
        The id of the image that has them.
    """
    written = {key: f"{_quoted(key)}={_quoted(value)}" for key, value in labels.items()}
    fitting = {key: line for key, line in written.items() if "\n" not in line and len(line.encode()) <= _LONGEST_LINE}
    # Of one instruction the engine makes one step, but of each label that goes beside it another.
    instruction = " \\\n".join(["LABEL", *fitting.values()]) if fitting else ""
    others = {key: value for key, value in labels.items() if key not in fitting}
    entries = [Entry("Dockerfile", f"FROM {image}\n{instruction}\n".encode())]
    return _run(client, entries, lambda event: None, labels=others).image


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def find_dockerfile(project: Project) -> Dockerfile:
    """Read the Dockerfile of a project, of either layout.

    Args:
        project: The project.

    Returns:
        The Dockerfile.

    Raises:
        UsageError: There is none.
    """
    places = ["Dockerfile"] + ["server/Dockerfile"] * (project.layout is Layout.FLAT)
    for place in places:
        if (project.root / place).is_file():
            return Dockerfile(place, read_text(project.root / place))
    hint = "openenv init in another folder makes one to copy"
    raise UsageError(f"there is no {' or '.join(places)} in {project.root}", hint=hint)


def context_of(project: Project, dockerfile: Dockerfile) -> list[Entry]:
    """List what goes to the engine.

    Args:
        project: The project.
        dockerfile: Its Dockerfile.

    Returns:
        The project's files, less what ``.dockerignore`` leaves out, and the runtime for those who install it.
    """
    return collect(project.root, dockerfile.path, _added(dockerfile), OUR_WHEELS)


def _added(dockerfile: Dockerfile) -> dict[str, bytes]:
    """Say what goes in beside the project's own files: the runtime for those who install it, and no cache mounts."""
    return {dockerfile.path: dockerfile.for_the_engine().encode(), **wheel_for(dockerfile)}


def wheel_for(dockerfile: Dockerfile) -> dict[str, bytes]:
    """Give a Dockerfile that installs wheels that of the present runtime.

    Args:
        dockerfile: The Dockerfile.

    Returns:
        The path of the wheel and its content; nothing for one that installs none.
    """
    if not dockerfile.takes_wheels:
        return {}
    wheel = runtime_wheel()
    return {f"{WHEELS}/{wheel.name}": wheel.content}


def _check_platform(client: DockerClient, built: Build, asked: Platform) -> None:
    """See what was built: some engines take any base image that is here, whatever it is for."""
    found = client.images.get(built.image).attrs
    if not asked.is_that_of(found["Os"], found["Architecture"]):
        reason = f"the base image is for {found['Os']}/{found['Architecture']}, not for {asked}"
        raise BaseImageError(None, reason, (), "docker pull --platform brings the base image for another platform")


def _run(client: DockerClient, entries: list[Entry], on_event: OnEvent, **options: Any) -> Build:
    with _refusals(), _hung_up_in_the_end(client):
        stream = client.api.build(
            # Sent piece by piece, as requests does with iterators.
            fileobj=archive(entries),  # type: ignore[arg-type]
            custom_context=True,
            decode=True,
            rm=True,
            forcerm=True,  # or a step that fails leaves its container
            timeout=None,  # a step may be silent for as long as it takes
            **options,
        )
        return _follow(read_events(until_it_ends(stream)), on_event)


def until_it_ends(stream: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Take an engine that is gone as the end of what it says.

    Args:
        stream: The decoded entries of its stream.

    Yields:
        The entries, as far as they came; whoever misses the last one knows that the engine hung up.
    """
    from docker.errors import APIError
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield from stream
    except APIError:
        raise
    except (HTTPError, RequestException):
        return


def _follow(events: Iterator[Event], on_event: OnEvent) -> Build:
    """Pass events on, with the time that each step has taken."""
    done: list[Done] = []
    step, begun, cached = None, time.monotonic(), False
    for event in events:
        if step is not None and isinstance(event, (Step, Built)):
            done.append(Done(step, time.monotonic() - begun, cached))
            on_event(done[-1])
        if isinstance(event, Step):
            step, begun, cached = event, time.monotonic(), False
        cached = cached or isinstance(event, Cached)
        on_event(event)
    assert isinstance(event, Built)
    return Build(event.image, tuple(done))


@contextmanager
def _hung_up_in_the_end(client: DockerClient) -> Iterator[None]:
    """Close the connection of a build that is cut short, which the SDK keeps to itself and would leave open."""
    responses: list[Any] = []

    def note(response: Any, **_: Any) -> None:
        responses.append(response)

    client.api.hooks["response"].append(note)
    try:
        yield
    finally:
        client.api.hooks["response"].remove(note)
        for response in responses:
            response.close()


@contextmanager
def _refusals() -> Iterator[None]:
    """What the engine refuses before its stream begins is an error of the build as well."""
    from docker.errors import APIError
    from requests.exceptions import RequestException

    try:
        yield
    except APIError as error:
        raise BuildError(None, error.explanation or str(error), ()) from error
    except RequestException as error:
        raise BuildError(None, f"the engine hung up: {error}", (), "is it still running?") from error
