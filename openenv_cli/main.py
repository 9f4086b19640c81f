"""The ``openenv`` command. A command's own module is imported only when that command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from openenv.version import DISTRIBUTION, VERSION
from openenv_cli import console

COMMANDS = {
    "init": "Make a new environment.",
    "serve": "Run an environment on this machine.",
    "validate": "Check a project, or a server at work.",
    "build": "Make the image of an environment.",
    "push": "Publish an environment as a Space of the Hub.",
    "eval": "Measure policies on an environment.",
    "list": "Find environments.",
    "info": "Say what an environment is.",
    "client": "Write a typed client.",
    "doctor": "Say what this machine lacks.",
}
"""Each command and its help in one line; ``commands/NAME.py`` holds a function of that name."""

EXAMPLES = {
    "init": {
        "openenv init my-env": "the folder my-env",
        "openenv init my-game --template game --path envs/game": "another template and folder",
        "openenv init my-env --template gymnasium --env-id CartPole-v1": "one that Gymnasium has",
        "openenv init my-env --path . --force --dry-run": "what it would do here",
    },
    "serve": {
        "openenv serve": "the project in this folder",
        "openenv serve my-env --port 0 --reload": "another, on a free port, anew after changes",
        "openenv serve --isolation process --max-sessions 8": "a process for each session",
        "openenv serve --docker": "its image, in a container",
    },
    "validate": {
        "openenv validate": "the project in this folder",
        "openenv validate --static": "without running it",
        "openenv validate http://localhost:8000 --json": "a server, with a report for programs",
        "openenv validate image:my-env": "an image, in a container of its own",
    },
    "build": {
        "openenv build": "the project in this folder",
        "openenv build my-env -t registry.example/my-env:2 --push": "another, to a registry",
        "openenv build --base-image python:3.13-slim --no-cache": "on another base, all anew",
    },
    "push": {
        "openenv push": "the project in this folder, as your Space",
        "openenv push my-env --repo-id team/my-env --private": "another, as a private one of a team",
        "openenv push --secret API_KEY --dry-run": "what would be done, offline",
        "openenv push --registry registry.example/team": "its image, to a registry",
    },
    "eval": {
        "openenv eval my-env": "100 episodes at random",
        "openenv eval my-env --policy random,mine:Policy": "two policies on the same seeds",
        "openenv eval http://localhost:8000 --reset level=3 --out run": "a server; kept in run",
        "openenv eval image:my-env --sessions 1": "an image, in a container",
        "openenv eval owner/my-env": "a Space's image, likewise",
    },
    "list": {
        "openenv list": "what is installed, and the projects here",
        "openenv list --hub chess": "what others have published",
        "openenv list --json": "the same for programs",
    },
    "info": {
        "openenv info": "the project in this folder",
        "openenv info http://localhost:8000": "a server",
        "openenv info openenv/echo_env --json": "a Space, for programs",
    },
    "client": {
        "openenv client my-env": "to read it",
        "openenv client http://localhost:8000 -o my_client.py": "a server's, as a module to import",
        "openenv client openenv/echo_env -o echo_client.py": "a Space's, without its package",
    },
    "doctor": {
        "openenv doctor": "one line for each thing",
        "openenv doctor --json": "the same for programs",
    },
}
"""How each command may be called, and what that does."""

EVERYWHERE = ("debug", "quiet", "no_color")
"""Options that may stand before the command or after it."""


class LazyCommand(TyperCommand):
    """A name and a line of help; becomes the real command when it is called."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Import the command, and let it parse its own arguments."""
        return load(str(self.name)).make_context(info_name, args, parent, **extra)


def load(name: str) -> TyperCommand:
    """Import a command.

    Args:
        name: A key of ``COMMANDS``.

    Returns:
        The command, with the options that every command takes.
    """
    module = import_module(f"openenv_cli.commands.{name}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, epilog=f"{_examples(name)}\n\n{_exit_codes()}")(getattr(module, name))
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)
    command.params += [option for option in cli.params if option.name in EVERYWHERE]
    return command


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        args: What stands after ``openenv``; the process's own arguments where left out.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A path may hold what the terminal's encoding cannot show; that is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if args is None else list(args)
    console.settings.json = wants_json(words)
    return console.run(lambda: _call(words))


def wants_json(words: Sequence[str]) -> bool:
    """Tell whether JSON is asked for, from the bare words: what is wrong with them is reported as JSON too.

    Args:
        words: What stands after ``openenv``.

    Returns:
        Whether ``--json`` or ``--format json`` is among them.
    """
    return "--json" in words or "--format=json" in words or ("--format", "json") in pairwise(words)


def _call(words: list[str]) -> Any:
    result = cli.main(words, prog_name="openenv", standalone_mode=False)
    if result == console.INTERRUPTED:  # what Typer makes of Ctrl-C
        raise KeyboardInterrupt
    return result


def _set(option: str) -> Any:
    def callback(given: bool) -> None:
        if given:
            setattr(console.settings, option, True)

    return callback


def _leave_out_color(given: bool) -> None:
    if given:
        os.environ["NO_COLOR"] = "1"  # which all others that write here obey too


def _show_version(given: bool) -> None:
    if given:
        console.out(f"{DISTRIBUTION} {VERSION}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, expose_value=False, help="Show the version and exit."
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", callback=_set("debug"), expose_value=False, help="Show the traceback of an error."),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", callback=_set("quiet"), expose_value=False, help="Print only results and errors."),
    ] = False,
    no_color: Annotated[
        bool,
        typer.Option(
            "--no-color", callback=_leave_out_color, expose_value=False, help="Print plain text, as with NO_COLOR=1."
        ),
    ] = False,
) -> None:
    """Make, serve and check reinforcement-learning environments."""
    if context.invoked_subcommand is None:
        sys.stderr.write(context.get_help() + "\n")
        raise typer.Exit(2)


def _examples(name: str) -> str:
    width = max(map(len, EXAMPLES[name]))
    return _table("Examples", [f"{call:<{width}}  {effect}" for call, effect in EXAMPLES[name].items()])


def _exit_codes() -> str:
    return _table("Exit codes", [f"{code:>3}  {meaning}" for code, meaning in console.EXIT_CODES.items()])


def _table(title: str, lines: list[str]) -> str:
    """Lay out lines that help must not wrap, which is what the first character says."""
    return "\n".join([f"\b\n{title}:", *(f"  {line}" for line in lines)])


def _group() -> TyperGroup:
    app = typer.Typer(
        add_completion=False,
        # Help in plain text costs half of what panels do, and copies well.
        rich_markup_mode=None,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        epilog=f"openenv COMMAND --help says more, with examples.\n\n{_exit_codes()}",
    )
    app.callback()(_root)
    group = typer.main.get_group(app)
    for name, summary in COMMANDS.items():
        group.add_command(LazyCommand(name, help=summary, rich_markup_mode=None))
    return group


cli = _group()
