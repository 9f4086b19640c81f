"""``openenv push``: publish an environment as a Space, or its image in a registry."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from openenv.hub.repo_id import RepoIdError
from openenv.project.project import Project
from openenv_cli import console
from openenv_cli.building import make_and_tell, require_publishable, show
from openenv_cli.errors import UsageError
from openenv_cli.hub import rehearsal
from openenv_cli.hub.client import Client
from openenv_cli.hub.progress import progress
from openenv_cli.hub.push import Order, Pushed, read_destination
from openenv_cli.hub.push import push as push_to_hub
from openenv_cli.hub.settings import read_secrets, read_settings, read_variables
from openenv_cli.hub.staging import stage
from openenv_cli.images.build import Recipe
from openenv_cli.images.make import Order as ImageOrder
from openenv_cli.images.tags import registry_tags
from openenv_cli.projects import find_project
from openenv_cli.secrets_guard import require_no_secrets

_Project = Annotated[Path, typer.Argument(metavar="PATH", help="The project's folder, or one in it.")]
_RepoId = Annotated[
    str | None,
    typer.Option(
        "--repo-id", "-r", metavar="[OWNER/]NAME", help="The Space. [default: yours, named as openenv.yaml says]"
    ),
]
_Private = Annotated[
    bool | None,
    typer.Option("--private/--public", help="Who sees it. [default: everybody; of a Space that is there, as it is]"),
]
_Hardware = Annotated[str | None, typer.Option(metavar="NAME", help="What it runs on, such as cpu-basic or t4-small.")]
_SleepTime = Annotated[
    int | None, typer.Option(metavar="SECONDS", help="Without a visit for so long it sleeps; -1: never.")
]
_Variables = Annotated[
    list[str] | None, typer.Option("--env", "-e", metavar="NAME=VALUE", help="A public variable; repeatable.")
]
_Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret", metavar="NAME[=VALUE]", help="A secret variable; without VALUE, that of here; repeatable."
    ),
]
_AllowSecret = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help="Push this file though it looks secret; repeatable.")
]
_BaseImage = Annotated[
    str | None, typer.Option(metavar="IMAGE", help="The image to build on. [default: the Dockerfile's]")
]
_Message = Annotated[str | None, typer.Option("--message", "-m", metavar="TEXT", help="What the commit says.")]
_CreatePr = Annotated[bool, typer.Option("--create-pr", help="Open a pull request instead of changing the Space.")]
_Registry = Annotated[
    str | None,
    typer.Option(metavar="REF", help="Push an image there instead, as REF/NAME:latest and :VERSION, or as REF:TAG."),
]
_Token = Annotated[
    str | None, typer.Option(metavar="TOKEN", help="Who is asking. [default: HF_TOKEN, or hf auth login]")
]
_Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it runs, and validate it.")]
_Timeout = Annotated[float, typer.Option(min=1, metavar="SECONDS", help="How long that may take.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, offline.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

_WITH_REGISTRY = {"path", "registry", "base_image", "allow_secret", "dry_run", "as_json"}
_NOT_WITH_PR = {"private", "hardware", "sleep_time", "env", "secret", "wait", "timeout"}


def push(
    context: typer.Context,
    path: _Project = Path(),
    repo_id: _RepoId = None,
    private: _Private = None,
    hardware: _Hardware = None,
    sleep_time: _SleepTime = None,
    env: _Variables = None,
    secret: _Secrets = None,
    allow_secret: _AllowSecret = None,
    base_image: _BaseImage = None,
    message: _Message = None,
    create_pr: _CreatePr = False,
    registry: _Registry = None,
    token: _Token = None,
    wait: _Wait = True,
    timeout: _Timeout = 1800,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Publish an environment as a Space of the Hub.

    Pushes the project's files, less what .gitignore, .dockerignore and .hfignore leave out, with the wheel of
    this very runtime; follows the build; and validates the Space once it runs. What the Space holds already is
    not pushed again, so a push can be repeated after any failure. Files that look secret stop it.
    """
    given = _given(context)
    project = find_project(path)
    if registry is not None:
        _refuse(given - _WITH_REGISTRY, "--registry")
        _push_image(project, registry, base_image, allow_secret or (), dry_run=dry_run, as_json=as_json)
        return
    if create_pr:
        _refuse(given & _NOT_WITH_PR, "--create-pr")
    variables = {} if create_pr else {**project.manifest.variables, **read_variables(env or ())}
    settings = read_settings(private, hardware, sleep_time, variables, read_secrets(secret or (), os.environ))
    owner, name = _destination(repo_id, project)
    staged = stage(project, base_image)
    require_no_secrets(staged.entries, allow_secret or ())
    order = Order(staged, owner, name, settings, _message(message, project), create_pr, wait, timeout)
    for remark in staged.remarks:
        console.note(remark)
    if dry_run:
        _rehearse(order, as_json)
        return
    with progress() as on_event:
        pushed = push_to_hub(Client(token, on_event), order, on_event)
    _show(pushed, as_json)


def _given(context: typer.Context) -> set[str]:
    """Say which options were written on the command line."""
    return {name for name in context.params if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"}


def _refuse(options: set[str], beside: str) -> None:
    if options:
        named = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(options))
        raise UsageError(f"{beside} goes without {named}", hint="openenv push --help says what each is for")


def _destination(given: str | None, project: Project) -> tuple[str | None, str]:
    try:
        return read_destination(given, project.manifest)
    except RepoIdError as error:
        raise UsageError(f"--repo-id: {error.message}", hint=error.hint) from None


def _message(given: str | None, project: Project) -> str:
    if given is not None and not given.strip():
        raise UsageError("--message is empty", hint='--message "Give rewards for short answers"')
    return given or " ".join(filter(None, ["Push", project.manifest.name, project.manifest.version]))


def _rehearse(order: Order, as_json: bool) -> None:
    if as_json:
        console.document(rehearsal.as_json(order))
        return
    for line in rehearsal.as_lines(order):
        console.out(line)


def _show(pushed: Pushed, as_json: bool) -> None:
    if as_json:
        console.document(pushed.as_json())
    elif pushed.url is not None:
        took = f"{pushed.passed} checks passed, in {pushed.seconds:.0f} s"
        console.out(f"deployed {pushed.repo_id} at {pushed.url}: {took}")
        console.note(f"its page: {pushed.page}")
    elif pushed.pull_request is not None:
        console.out(f"opened {pushed.pull_request}")
    elif not pushed.changes:
        console.out(f"nothing to push: {pushed.page} holds these files")
    else:
        console.out(f"pushed {pushed.repo_id}: {pushed.page}")
        console.note("it was not waited for: the same command without --no-wait waits on, and validates it")


def _push_image(
    project: Project, reference: str, base_image: str | None, allowed: Sequence[str], *, dry_run: bool, as_json: bool
) -> None:
    """Make the image, and push it to a registry."""
    tags = registry_tags(reference, project.manifest)
    recipe = Recipe(base_image)
    entries = require_publishable(project, recipe, allowed)
    if dry_run and as_json:
        console.document({"dry_run": True, "tags": list(tags), "files": rehearsal.listed(entries)})
    elif dry_run:
        for line in (f"would build and push {', '.join(tags)} from:", *rehearsal.listed_lines(entries)):
            console.out(line)
    else:
        made = make_and_tell(project, ImageOrder(recipe, tags, push=True))
        if as_json:
            console.document(made.as_json())
        else:
            show(made, trial=True)
