"""Classes of clients for what is not installed: described by a server, or fetched from the Hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openenv.client.client import EnvClient
from openenv.discovery.folders import FolderEnvironment
from openenv.discovery.schemas import name_at, schemas_at
from openenv.discovery.started import started
from openenv.hub.repo_id import RepoId
from openenv.shapes.generated import client_for_schemas

AnyClient = EnvClient[Any, Any, Any]


def class_for(client: AnyClient, name: str | None = None) -> type[AnyClient]:
    """Make the class of clients that the server of a client describes; nothing of the server's code is run.

    Args:
        client: The client, whose server runs.
        name: The environment's name; the server says it where left out.

    Returns:
        The class.

    Raises:
        ConnectError: The server does not say what it plays.
    """
    base_url = client.base_url
    assert base_url is not None, "its server runs"
    return _described(base_url, client._session.headers, name)


def class_by_starting(client: AnyClient, name: str | None = None) -> type[AnyClient]:
    """Do the same for a client that was never used, without taking a session of its server.

    Args:
        client: The client; its provider is started, and stopped again.
        name: The environment's name; the server says it where left out.

    Returns:
        The class.

    Raises:
        ConnectError: The server does not start, or does not say what it plays.
    """
    with started(client) as base_url:
        return _described(base_url, client._session.headers, name)


def fetched_environment(repo_id: RepoId, revision: str | None = None, token: str | None = None) -> FolderEnvironment:
    """Fetch the package of a Space, to be imported under a name of its own; nothing is imported yet.

    Args:
        repo_id: The Space.
        revision: A branch, a tag or a commit; the newest commit where left out.
        token: Who is asking.

    Returns:
        Its environment.

    Raises:
        HubError: There is no such Space or revision, or it cannot be had.
        ConfigurationError: What is there is no environment.
    """
    from openenv.hub.download import download

    return FolderEnvironment.read(download(repo_id, revision, token).folder)


def _described(base_url: str, headers: Mapping[str, str], name: str | None) -> type[AnyClient]:
    return client_for_schemas(name or name_at(base_url, headers), schemas_at(base_url, headers))
