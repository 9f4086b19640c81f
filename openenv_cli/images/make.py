"""From a project to an image that was tried out, says what it is, and has its names."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from openenv.project.project import Project
from openenv_cli.images.build import Build, Done, Recipe, add_labels, build
from openenv_cli.images.labels import labels, revision
from openenv_cli.images.progress import Event
from openenv_cli.images.push import push
from openenv_cli.images.smoke import Trial, try_out

if TYPE_CHECKING:
    from docker import DockerClient


class Phase(Enum):
    """What begins once the image is built."""

    TRIAL = "trying it out"
    PUSH = "pushing it"


@dataclass(frozen=True)
class Order:
    """What is to be made.

    Attributes:
        recipe: How to build it.
        tags: What to call it, each with its part after the colon.
        trial: Whether it is started and validated before it gets its names.
        push: Whether every tag goes to its registry.
    """

    recipe: Recipe
    tags: tuple[str, ...]
    trial: bool = True
    push: bool = False


@dataclass(frozen=True)
class Made:
    """An image with its names.

    Attributes:
        image: Its id.
        tags: Its names.
        size: Its size with all layers, in bytes.
        seconds: How long it took in all.
        build: How it was built.
        trial: How it did when it was tried; ``None`` where it was not, or could not be.
        digests: What its registry knows each pushed tag by.
    """

    image: str
    tags: tuple[str, ...]
    size: int
    seconds: float
    build: Build
    trial: Trial | None
    digests: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Lay it out as JSON values."""
        return {
            "image": self.image,
            "tags": list(self.tags),
            "size": self.size,
            "seconds": round(self.seconds, 3),
            "steps": [
                {"instruction": done.step.instruction, "seconds": round(done.seconds, 3), "cached": done.cached}
                for done in self.build.steps
            ],
            "checks_passed": None if self.trial is None else self.trial.passed,
            "pushed": dict(self.digests),
        }


def make(
    client: DockerClient, project: Project, order: Order, on_event: Callable[[Event | Done | Phase], None]
) -> Made:
    """Build, try out, label, name and push an image. Where any of it fails, the names stay with what has them.

    Args:
        client: The engine.
        project: The project.
        order: What to make.
        on_event: Told what happens, as it happens.

    Returns:
        The image.

    Raises:
        CommandError: It cannot be made; the class says why.
        ConnectError: It does not start.
    """
    begun = time.monotonic()
    built = build(client, project, order.recipe, on_event)
    trial = None
    if order.trial:
        on_event(Phase.TRIAL)
        trial = try_out(client, built.image)
    stated = labels(project.manifest, trial.schemas if trial else None, revision(project.root))
    image = client.images.get(add_labels(client, built.image, stated))
    for tag in order.tags:
        image.tag(tag)
    digests = {}
    if order.push:
        on_event(Phase.PUSH)
        digests = {tag: push(client, tag, on_event) for tag in order.tags}
    seconds = time.monotonic() - begun
    return Made(str(image.id), order.tags, int(image.attrs["Size"]), seconds, built, trial, digests)
