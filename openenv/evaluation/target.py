"""What policies are evaluated on."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from openenv.client.client import EnvClient
from openenv.client.generic import GenericEnvClient
from openenv.client.pool import Pool, pool
from openenv.discovery.packages import InstalledEnvironment, find_environment
from openenv.errors import ConcurrencyConfigurationError, ConfigurationError
from openenv.generics import type_arguments
from openenv.policies.loading import ActionType
from openenv.project.project import Layout, Project
from openenv.providers.process import ProcessProvider
from openenv.sessions.blueprint import blueprint_of
from openenv.validation.check import ProbeError
from openenv.validation.target import IMAGE_PREFIX, image_name
from openenv.validation.web import Web

_SCHEMA_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Target:
    """What is evaluated on.

    Attributes:
        name: What to call it.
        playable: What a pool of sessions is made from.
        action: The class of its actions, where that is known without asking a server.
        policies: The policies that it brings along, each as ``module:attribute``.
    """

    name: str
    playable: Any
    action: type[BaseModel] | None = None
    policies: Mapping[str, str] = field(default_factory=dict)

    def sessions(self, n: int) -> Pool:
        """Make clients for so many sessions on one server, or for one where this process can hold no more."""
        try:
            return pool(self.playable, n)
        except ConcurrencyConfigurationError:
            return pool(self.playable, 1)

    def action_type(self, base_url: str | None) -> ActionType:
        """Say what its actions are.

        Args:
            base_url: Where its server is, which is asked where the class of the actions is not known.

        Returns:
            Their class, or their JSON Schema.

        Raises:
            ConfigurationError: The server does not say.
        """
        if self.action is not None:
            return self.action
        if base_url is None:
            raise ConfigurationError(
                f"{self.name} does not say what its actions are",
                hint="evaluate on the class of the environment, or with a class of clients that names its models",
            )
        try:
            schema = Web(_http(base_url), _SCHEMA_TIMEOUT_S, api_key()).get("/schema").object().get("action")
        except ProbeError as error:
            raise ConfigurationError(f"{self.name} does not say what its actions are: {error}") from None
        if not isinstance(schema, dict):
            raise ConfigurationError(f"{self.name} does not say what its actions are: /schema has no action")
        return schema


def read_target(target: Any) -> Target:
    """Tell what a target is.

    Args:
        target: A folder of a project; the name of an installed environment; the URL of a server; ``image:``
            and an image's name; a client; or the class of an environment, which is played in this process then.

    Returns:
        The target. The folder that a project's package stands in is put on ``sys.path``, so that its client and
        its policies can be imported.

    Raises:
        ConfigurationError: It is none of these.
    """
    if isinstance(target, EnvClient):
        return Target(type(target).__name__, target, _declared_action(type(target)))
    if isinstance(target, type):
        return Target(target.__name__, target, blueprint_of(target).action_type)
    text = str(target)
    if text.startswith(IMAGE_PREFIX):
        return Target(text, GenericEnvClient.from_docker_image(image_name(text), api_key=api_key()))
    if "://" in text:
        return Target(text, GenericEnvClient(text, api_key=api_key()))
    if isinstance(target, Path) or "/" in text or os.sep in text or Path(text).is_dir():
        return _project(Project.find(text))
    environment = find_environment(text)
    return _served(environment, ProcessProvider(environment.app))


def api_key() -> str | None:
    """The key for servers that ask for one, from the environment variable that they have it from."""
    return os.environ.get("OPENENV_API_KEY")


def _project(project: Project) -> Target:
    provider = ProcessProvider(project.app, app_dir=project.import_path)
    if str(project.import_path) not in sys.path:
        sys.path.insert(0, str(project.import_path))
    if project.layout is Layout.FLAT and project.import_path == project.root:
        # The package is not installed and its folder has another name: it can be served, but not imported.
        return Target(project.manifest.name, GenericEnvClient(provider=provider), policies=project.manifest.policies)
    environment = InstalledEnvironment(project.manifest.name, project.package, project.manifest.version, project.root)
    return _served(environment, provider)


def _served(environment: InstalledEnvironment, provider: ProcessProvider) -> Target:
    client = environment.client_class()
    manifest = environment.manifest
    policies = manifest.policies if manifest else {}
    return Target(environment.name, client(provider=provider), _declared_action(client), policies)


def _declared_action(client: type[EnvClient[Any, Any, Any]]) -> type[BaseModel] | None:
    declared = type_arguments(client, EnvClient)[0]
    return declared if isinstance(declared, type) and issubclass(declared, BaseModel) else None


def _http(base_url: str) -> str:
    """Where the HTTP routes of a server are; its address may be that of a WebSocket."""
    return f"http{base_url[2:]}" if base_url.startswith(("ws:", "wss:")) else base_url
