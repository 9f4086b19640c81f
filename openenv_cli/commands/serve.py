"""``openenv serve``: run an environment on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from openenv_cli import console, ports, serving
from openenv_cli.errors import UsageError
from openenv_cli.projects import find_project

LOOPBACK = "127.0.0.1"


def serve(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The project's folder, or one in it.")] = Path(),
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The address to listen on; 0.0.0.0 is every one of this machine.")
    ] = LOOPBACK,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, metavar="N", help="The port; 0 takes a free one. [default: the one in openenv.yaml]"
        ),
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start anew when a file of the project's package changes.")
    ] = False,
    max_sessions: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="How many sessions there may be at once. [default: the app's]"),
    ] = None,
    isolation: Annotated[
        Literal["thread", "process"] | None,
        typer.Option(help="Where the environment of each session runs. [default: the app's]"),
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], typer.Option(help="The least severe level that is logged.")
    ] = "info",
    docker: Annotated[
        bool, typer.Option("--docker", help="Run the image that openenv build has made, in a container.")
    ] = False,
) -> None:
    """Run an environment on this machine.

    Serves the app that openenv.yaml names, without a container unless there is --docker, until Ctrl-C.
    Episodes in progress may end first; a second Ctrl-C stops at once. Further settings are read from variables
    OPENENV_…, a key for clients from OPENENV_API_KEY.
    """
    if docker and (reload or log_level != "info"):
        raise UsageError("--docker runs an image as it is: leave out --reload and --log-level")
    project = find_project(path)
    settings = {"OPENENV_MAX_SESSIONS": max_sessions, "OPENENV_ISOLATION": isolation}
    os.environ.update({name: str(value) for name, value in settings.items() if value is not None})
    port = project.manifest.port if port is None else port
    if docker:
        from openenv_cli import containers

        containers.serve(project, host, port)
        return
    with ports.listen(host, port) as sock:
        serving.enter(project)
        level = "warning" if console.settings.quiet and log_level == "info" else log_level
        (serving.supervise if reload else serving.serve)(project, sock, level)
