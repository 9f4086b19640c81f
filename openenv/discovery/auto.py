"""From a name to a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openenv.client.client import EnvClient
from openenv.client.generic import GenericAction, GenericEnvClient
from openenv.discovery.packages import InstalledEnvironment, find_environment, installed_environments
from openenv.discovery.target import read_server
from openenv.errors import ConfigurationError


class AutoEnv:
    """Finds environments by name.

    ::

        env = AutoEnv.from_env("coding")  # no I/O yet
        with env.sync() as client:
            result = client.reset()
    """

    @classmethod
    def from_env(
        cls,
        name: str,
        base_url: str | None = None,
        *,
        env_vars: Mapping[str, str] | None = None,
        skip_install: bool = False,
        **options: Any,
    ) -> EnvClient[Any, Any, Any]:
        """Make a client for an environment.

        Args:
            name: The name of an installed environment, in any spelling; the URL of a server, or its host and port;
                or ``image:`` and an image's name.
            base_url: Where it is served; left out, an installed environment is served by a process of
                its own while the client is in use.
            env_vars: Environment variables for that process.
            skip_install: Do without the environment's package: the client takes and gives dicts.
            **options: Further arguments for the client.

        Returns:
            The client; nothing is started or connected before it is used.

        Raises:
            ConfigurationError: No such environment is installed; the message names near ones.
        """
        elsewhere = read_server(name)
        if elsewhere is not None:
            if base_url is not None or env_vars is not None:
                raise ConfigurationError(f"{elsewhere} is a server already: leave out base_url and env_vars")
            return elsewhere.client(**options)
        if skip_install:
            if base_url is None:
                raise ConfigurationError(
                    "skip_install=True needs a base_url: without its package nothing can be served"
                )
            return GenericEnvClient(base_url, **options)
        environment = _installed(name)
        client = environment.client_class()
        if base_url is not None:
            return client(base_url, **options)
        from openenv.providers.process import ProcessProvider

        return client(provider=ProcessProvider(environment.app, env_vars=env_vars), **options)

    @classmethod
    def get_env_class(cls, name: str) -> type[EnvClient[Any, Any, Any]]:
        """Import the class of an installed environment's clients; raises as :meth:`from_env`."""
        return _installed(name).client_class()

    @classmethod
    def get_env_info(cls, name: str) -> dict[str, Any]:
        """Say what is known of an installed environment without importing it; raises as :meth:`from_env`."""
        environment = _installed(name)
        return {
            "name": environment.name,
            "package": environment.package,
            "version": environment.version,
            "description": environment.description,
            "app": environment.app,
        }

    @classmethod
    def list_environments(cls) -> list[InstalledEnvironment]:
        """List the environments that are installed here, by name."""
        return installed_environments()


class AutoAction:
    """Finds the classes of actions by an environment's name."""

    @classmethod
    def from_env(cls, name: str, skip_install: bool = False) -> Any:
        """Import the class of an environment's actions.

        Args:
            name: The name of an installed environment, in any spelling.
            skip_install: Do without the environment's package: gives :class:`GenericAction`.

        Returns:
            The class.

        Raises:
            ConfigurationError: No such environment is installed, or it names no action.
        """
        return GenericAction if skip_install else _installed(name).action_class()


def _installed(name: str) -> InstalledEnvironment:
    elsewhere = read_server(name)
    if elsewhere is not None:
        raise ConfigurationError(
            f"{elsewhere} is no installed environment: only those have classes and a description here",
            hint="give the name of one; or AutoEnv.from_env makes a client of this, which takes and gives dicts",
        )
    if "/" in name or "\\" in name:
        raise ConfigurationError(
            f"{name!r} is neither the name of an installed environment nor a URL",
            hint="folders and Hub ids are not looked up yet: serve it with openenv serve, and give the URL",
        )
    return find_environment(name)
