"""``openenv init``: make a new environment."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from openenv_cli import console
from openenv_cli.errors import UsageError
from openenv_cli.naming import NameRefusedError, Names, names_for
from openenv_cli.scaffold import TEMPLATES, Plan, Template, plan, template_named, write

DEFAULT_NAME = "my-env"
DEFAULT_TEMPLATE = "echo"
DEFAULT_ENV_ID = "CartPole-v1"
_SUMMARIES = " ".join(f"{template.name}: {template.summary}" for template in TEMPLATES.values())


def init(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="What to call it, for example my-env.")] = None,
    template: Annotated[
        str | None,
        typer.Option(metavar="|".join(TEMPLATES), help=f"{_SUMMARIES} [default: {DEFAULT_TEMPLATE}]"),
    ] = None,
    env_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="What the template gymnasium plays, for example CartPole-v1."),
    ] = None,
    path: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder to make. [default: NAME]")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write into a folder that is not empty; keeps what is not the project's.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask, on a terminal either.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Make a new environment.

    my-env becomes the folder my-env with the package my_env, the classes MyAction, MyObservation and
    MyEnvironment, and the client MyEnv. Without NAME, a terminal is asked for it.
    """
    asking = name is None and not no_input and not as_json and sys.stdin.isatty()
    if name is None and not asking:
        raise UsageError("no name is given", hint=f"openenv init {DEFAULT_NAME}")
    names = _ask_name() if name is None else names_for(name)
    chosen = _ask_template() if template is None and asking else template_named(template or DEFAULT_TEMPLATE)
    chosen = _filled(chosen, env_id, asking)
    project = plan(names, chosen, path or Path(name or names.name), force=force)
    replaced = project.replaced
    if not dry_run:
        write(project)
    if as_json:
        console.document(_summary(project, replaced, dry_run))
    else:
        _show(project, replaced, dry_run)


def _ask_name() -> Names:
    while True:
        try:
            return names_for(typer.prompt("Name", default=DEFAULT_NAME, err=True))
        except NameRefusedError as error:
            console.error(error.message, error.hint)


def _ask_template() -> Template:
    for template in TEMPLATES.values():
        console.note(f"  {template.name:9} {template.summary}")
    while True:
        try:
            return template_named(typer.prompt("Template", default=DEFAULT_TEMPLATE, err=True))
        except UsageError as error:
            console.error(error.message, error.hint)


def _filled(template: Template, env_id: str | None, asking: bool) -> Template:
    """Fill in what a template leaves open beside the name."""
    if template.name != "gymnasium":
        if env_id is not None:
            raise UsageError(f"the template {template.name} takes no --env-id", hint="--template gymnasium does")
        return template
    if env_id is None:
        if not asking:
            raise UsageError("the template gymnasium needs an environment's id", hint=f"--env-id {DEFAULT_ENV_ID}")
        env_id = str(typer.prompt("Id in Gymnasium", default=DEFAULT_ENV_ID, err=True))
    from openenv_cli.gymnasium_template import filled

    return filled(template, env_id)


def _summary(project: Plan, replaced: list[str], dry_run: bool) -> dict[str, Any]:
    names = project.names
    return {
        "name": names.name,
        "package": names.package,
        "template": project.template.name,
        "path": str(project.target.absolute()),
        "files": list(project.files),
        "replaced": replaced,
        "dry_run": dry_run,
    }


def _show(project: Plan, replaced: list[str], dry_run: bool) -> None:
    what = f"{project.names.name} from the template {project.template.name}: {len(project.files)} files"
    console.out(f"{'would make' if dry_run else 'made'} {what} in {project.target}")
    if dry_run:
        for path in project.files:
            console.out(f"  {path}{'  (replaced)' if path in replaced else ''}")
        return
    if project.target.resolve() != Path.cwd():
        console.note(f"next: cd {shlex.quote(str(project.target))}")
    console.note("then: openenv serve, openenv validate, openenv build, openenv push")
    console.note("its tests: pip install -e '.[dev]', then pytest")
