"""``openenv build``: make the image of an environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openenv_cli import console
from openenv_cli.building import make_and_tell, require_publishable, show
from openenv_cli.errors import UsageError
from openenv_cli.images.build import Recipe
from openenv_cli.images.make import Order
from openenv_cli.images.platform import Platform
from openenv_cli.images.tags import default_tags, read_tag
from openenv_cli.projects import find_project


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
    allow_secret: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Push this file though it looks secret; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make the image of an environment.

    Sends the project's files, less what .dockerignore leaves out, and the wheel of this very runtime to the
    container engine. The image is tried out, labelled with its manifest and JSON Schemas, and then named.
    Files that look secret stop --push before anything is built.
    """
    project = find_project(path)
    tags = tuple(map(read_tag, tag)) if tag else default_tags(project.manifest)
    target = None if platform is None else Platform.parse(platform)
    recipe = Recipe(base_image, target, _build_args(build_arg or []), use_cache=not no_cache)
    if push:
        require_publishable(project, recipe, allow_secret or ())
    elif allow_secret:
        raise UsageError("--allow-secret goes with --push", hint="without it, nothing looks for secrets")
    made = make_and_tell(project, Order(recipe, tags, trial=smoke, push=push))
    if as_json:
        console.document(made.as_json())
    else:
        show(made, trial=smoke)
        console.note(f"next: openenv serve --docker, openenv validate image:{made.tags[0]}")


def _build_args(given: list[str]) -> dict[str, str]:
    """Split build arguments at the first ``=``."""
    arguments = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise UsageError(f"--build-arg: '{one}' is not of the form NAME=VALUE", hint="--build-arg PIP_NO_INDEX=1")
        arguments[name] = value
    return arguments
