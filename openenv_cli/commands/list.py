"""``openenv list``: find environments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from openenv.discovery.packages import installed_environments
from openenv.discovery.projects import projects_below
from openenv.hub.search import MOST, find_spaces
from openenv_cli import console, listing
from openenv_cli.table import lines


def list(  # noqa: A001 - the word that users type
    hub: Annotated[str | None, typer.Option(metavar="QUERY", help="Look on the Hub instead, for these words.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Find environments.

    Lists those that are installed, and the projects in this folder and up to four folders below it; imports none
    of them. With --hub, lists the Spaces that are tagged openenv.
    """
    if hub is None:
        _list_here(as_json)
    else:
        _list_spaces(hub, as_json)


def _list_here(as_json: bool) -> None:
    here = Path.cwd()
    installed = [*map(listing.package_found, installed_environments())]
    projects = [*map(listing.project_found, projects_below(here))]
    if as_json:
        console.document(
            {"installed": [asdict(each) for each in installed], "projects": [asdict(each) for each in projects]}
        )
        return
    _print("installed", [listing.package_row(each) for each in installed])
    _print("projects", [listing.project_row(each, here) for each in projects])
    if not installed and not projects:
        console.note("no environment is installed, and there is no project in this folder or below it")
        console.note("next: openenv init my-env makes one, and openenv list --hub QUERY finds those of others")


def _list_spaces(query: str, as_json: bool) -> None:
    spaces = find_spaces(query)
    if as_json:
        console.document({"spaces": [asdict(each) for each in spaces]})
        return
    _print("on the Hub", [listing.space_row(each) for each in spaces])
    if not spaces:
        console.note(f"the Hub finds no Space that is tagged openenv for '{query}'")
    elif len(spaces) == MOST:
        console.note(f"these are the first {MOST}: there may be more")


def _print(title: str, rows: Sequence[listing.Row]) -> None:
    if rows:
        console.out(f"{title}:", "bold")
    for line in lines(rows, names=3) if rows else ():
        console.out(f"  {line.rstrip()}")
