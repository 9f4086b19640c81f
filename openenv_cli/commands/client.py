"""``openenv client``: write a typed client."""

from __future__ import annotations

import keyword
import sys
from pathlib import Path
from typing import Annotated

import typer

from openenv.project.naming import shadowing, suggest
from openenv.shapes.reader import read_shapes
from openenv_cli import asking, console
from openenv_cli.client_module import client_module, is_client_module
from openenv_cli.errors import UsageError


def client(
    target: Annotated[str, typer.Argument(help=asking.TARGET)] = ".",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.py", help="Write it there instead of to stdout.")
    ] = None,
) -> None:
    """Write a typed client.

    Asks the environment's server what it takes and gives, as openenv info does, and writes a Python module with
    its models and a class of clients. It holds none of the environment's code, and needs none. A file that this
    command has made is made anew; another one is left alone.
    """
    if output is not None:
        _require_usable(output)
    description = asking.ask(target)
    shapes = read_shapes(description.name, description.schemas)
    title = f"{description.name} {description.metadata.get('version') or ''}".rstrip()
    # A folder as it was given: the whole path would say more of this machine than others want to read.
    source = target if Path(target).exists() else description.target
    module = client_module(shapes, source, title)
    if output is None:
        sys.stdout.write(module)
        return
    output.write_text(module, encoding="utf-8")
    console.note(f"{output} is written: from {output.stem} import {shapes.client}")


def _require_usable(output: Path) -> None:
    """Find out what is against a file before a server is started for it."""
    if not output.absolute().parent.is_dir():
        raise UsageError(f"-o: there is no folder {output.absolute().parent}", hint="make it first")
    if output.is_dir():
        raise UsageError(f"-o: {output} is a folder", hint=f"for example {output / 'client.py'}")
    usable = f"for example {output.with_name(suggest(output.stem).replace('-', '_'))}.py"
    if output.suffix != ".py" or not output.stem.isidentifier() or keyword.iskeyword(output.stem):
        raise UsageError(f"-o: Python cannot import {output} as a module", hint=usable)
    if hidden := shadowing(output.stem):
        raise UsageError(f"-o: {output} would hide another module: {output.stem} {hidden}", hint=usable)
    if output.exists() and not is_client_module(output.read_text(encoding="utf-8", errors="replace")):
        raise UsageError(f"-o: {output} was not made by openenv client", hint="give another name, or move it away")
