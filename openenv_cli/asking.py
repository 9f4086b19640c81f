"""Asks a server what its environment is, for the commands that tell."""

from __future__ import annotations

from openenv.client.client import EnvClient
from openenv.discovery.description import Description, describe
from openenv.discovery.target import read_target
from openenv.errors import ConfigurationError
from openenv_cli import console
from openenv_cli.errors import UsageError
from openenv_cli.telling import telling

TARGET = "A project's folder, an installed environment, a Space as OWNER/NAME, a server's URL, or image:NAME."
"""What a user may give, for the help of a command."""


def ask(target: str) -> Description:
    """Ask the server of a target; it is started where it does not run.

    Args:
        target: What the user gave.

    Returns:
        What it says.

    Raises:
        UsageError: It is nothing that has a server.
        ConnectError: Its server does not start, does not answer, or does not say.
    """
    try:
        read = read_target(target)
    except ConfigurationError as error:
        raise UsageError(error.message, error.data, hint=error.hint) from None
    assert not isinstance(read, (EnvClient, type)), "a text names neither"
    console.note(f"asking {read} …", "dim")
    with telling():
        return describe(read)
