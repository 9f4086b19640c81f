"""``openenv info``: say what an environment is."""

from __future__ import annotations

from typing import Annotated

import typer

from openenv_cli import asking, console, description_table


def info(
    target: Annotated[str, typer.Argument(help=asking.TARGET)] = ".",
    as_json: Annotated[bool, typer.Option("--json", help="Print what the server says as JSON.")] = False,
) -> None:
    """Say what an environment is.

    Asks its server for the fields of actions, observations and states, and how many sessions there may be; takes
    no session. What is no server is started for that, and stopped again; a Space is asked where it runs. A server
    that is protected by a key gets the one in OPENENV_API_KEY.
    """
    description = asking.ask(target)
    if as_json:
        console.document(description.as_json())
        return
    for text, style in description_table.lines(description):
        console.out(text, style)
