"""What policies are evaluated on: where its sessions come from, and what is known of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from openenv.client.address import without_credentials
from openenv.client.client import EnvClient
from openenv.client.generic import GenericEnvClient
from openenv.client.pool import Pool, pool
from openenv.discovery.packages import InstalledEnvironment
from openenv.discovery.target import InstalledTarget, ProjectTarget, read_target
from openenv.errors import ConcurrencyConfigurationError
from openenv.generics import type_arguments
from openenv.project.project import Layout, Project
from openenv.providers.process import ProcessProvider
from openenv.sessions.blueprint import blueprint_of


@dataclass(frozen=True)
class Playable:
    """What policies are evaluated on.

    Attributes:
        name: What to call it.
        source: What a pool of sessions is made from.
        action: The class of its actions, where that is known without asking a server.
        policies: The policies that it brings along, each as ``module:attribute``.
        told: Whether its name tells it from others.
    """

    name: str
    source: Any
    action: type[BaseModel] | None = None
    policies: Mapping[str, str] = field(default_factory=dict)
    told: bool = True

    @classmethod
    def of(cls, target: Any) -> Playable:
        """Find out what is known of a target.

        Args:
            target: What :func:`openenv.discovery.target.read_target` takes.

        Returns:
            What can be played. The folder that a project's package stands in is put on ``sys.path``, so that its
            client and its policies can be imported. A server or an image gets the key in ``OPENENV_API_KEY``.

        Raises:
            ConfigurationError: The target is nothing that can be played.
        """
        read = read_target(target)
        if isinstance(read, EnvClient):
            return _of_client(read)
        if isinstance(read, type):
            return cls(read.__name__, read, blueprint_of(read).action_type)
        if isinstance(read, ProjectTarget):
            return _of_project(read)
        if isinstance(read, InstalledTarget):
            return _of_package(read.environment, read.provider())
        return cls(str(read), read.client(GenericEnvClient, api_key=os.environ.get("OPENENV_API_KEY")))

    def sessions(self, n: int) -> Pool:
        """Make clients for so many sessions on one server, or for one where this process can hold no more."""
        try:
            return pool(self.source, n)
        except ConcurrencyConfigurationError:
            return pool(self.source, 1)


def _of_client(client: EnvClient[Any, Any, Any]) -> Playable:
    kind = type(client)
    url = client._session.recipe.base_url
    name = kind.__name__ if url is None else f"{kind.__name__} at {without_credentials(url)}"
    return Playable(name, client, _declared_action(kind), told=url is not None)


def _of_project(target: ProjectTarget) -> Playable:
    project = Project.read(target.root)
    if str(project.import_path) not in sys.path:
        sys.path.insert(0, str(project.import_path))
    manifest = project.manifest
    if project.layout is Layout.FLAT and project.import_path == project.root:
        # The package is not installed and its folder has another name: it can be served, but not imported.
        return Playable(manifest.name, target.client(GenericEnvClient), policies=manifest.policies)
    environment = InstalledEnvironment(manifest.name, project.package, manifest.version, project.root)
    return _of_package(environment, target.provider())


def _of_package(environment: InstalledEnvironment, provider: ProcessProvider) -> Playable:
    client = environment.client_class()
    manifest = environment.manifest
    policies = manifest.policies if manifest else {}
    return Playable(environment.name, client(provider=provider), _declared_action(client), policies)


def _declared_action(client: type[EnvClient[Any, Any, Any]]) -> type[BaseModel] | None:
    declared = type_arguments(client, EnvClient)[0]
    return declared if isinstance(declared, type) and issubclass(declared, BaseModel) else None
