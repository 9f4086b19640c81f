"""Asks a server what it takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openenv.client.address import http_url, without_credentials
from openenv.client.client import EnvClient
from openenv.errors import ConfigurationError, ConnectError
from openenv.shapes.schemas import Schemas
from openenv.validation.check import ProbeError
from openenv.validation.serving.web import Web

TIMEOUT_S = 30.0
"""How long a server has to say what it plays, in seconds."""


def served_schemas(client: EnvClient[Any, Any, Any]) -> Schemas:
    """Ask a client's server for its schemas, with what the client sends to be let in.

    Args:
        client: The client; where a provider starts its server, it has been connected.

    Returns:
        The schemas.

    Raises:
        ConfigurationError: The client plays in this process.
        ConnectError: The server does not say.
    """
    if client.base_url is None:
        raise ConfigurationError(
            f"{type(client).__name__} does not say what it plays: it has no server",
            hint="give the environment's class in place of the client",
        )
    return schemas_at(client.base_url, client._session.headers)


def schemas_at(base_url: str, headers: Mapping[str, str]) -> Schemas:
    """Ask a server for its schemas.

    Args:
        base_url: Where it is.
        headers: What it asks for of whoever speaks to it.

    Returns:
        The schemas.

    Raises:
        ConnectError: The server does not say.
    """
    url = http_url(base_url)
    said = {"state": {}, **asked(url, "/schema", headers)}
    for name in Schemas._fields:
        if not isinstance(said.get(name), dict):
            raise _unsaid(url, f"its /schema has no {name}")
    return Schemas(*(said[name] for name in Schemas._fields))


def name_at(base_url: str, headers: Mapping[str, str]) -> str:
    """Ask a server what its environment is called; takes and raises what :func:`schemas_at` does."""
    url = http_url(base_url)
    name = asked(url, "/metadata", headers).get("name")
    if not (isinstance(name, str) and name):
        raise _unsaid(url, "its /metadata has no name")
    return name


def asked(url: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Ask a server something that it answers with a JSON object; raises what :func:`schemas_at` does."""
    try:
        return Web(url, TIMEOUT_S).get(path, headers).object()
    except ProbeError as error:
        if error.lost:
            hint = "is it running there? openenv serve runs a project"
            raise ConnectError(f"no server answers at {without_credentials(url)}: {error}", hint=hint) from error
        raise _unsaid(url, str(error)) from error


def _unsaid(url: str, reason: str) -> ConnectError:
    return ConnectError(
        f"{without_credentials(url)} does not say what it plays: {reason}",
        hint="openenv validate, with its address, says what a server lacks",
    )
