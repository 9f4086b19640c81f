"""From a name to a client."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from openenv.client.client import EnvClient
from openenv.client.generic import GenericAction, GenericEnvClient
from openenv.discovery.classes import AnyClient, class_by_starting, class_for, fetched_environment
from openenv.discovery.discovered import DiscoveredEnvClient
from openenv.discovery.folders import FolderEnvironment
from openenv.discovery.packages import InstalledEnvironment, find_environment, installed_environments
from openenv.discovery.target import (
    ImageTarget,
    InstalledTarget,
    ProjectTarget,
    Served,
    SpaceTarget,
    UrlTarget,
    is_path,
    read_elsewhere,
    read_space,
)
from openenv.errors import ConfigurationError
from openenv.generics import declared
from openenv.project.project import find_root


class AutoEnv:
    """Finds environments by name: installed ones, projects, Spaces of the Hub, images and servers.

    ::

        env = AutoEnv.from_env("coding")  # no I/O yet
        with env.sync() as client:
            result = client.reset()

    What is not installed, and no project of yours, has no class here. Its client takes and gives models that are made
    from what its server says about itself, so none of its code runs in this process. ``trust_remote_code=True``
    imports the package of a Space instead.
    """

    @classmethod
    def from_env(
        cls,
        name: str,
        base_url: str | None = None,
        *,
        env_vars: Mapping[str, str] | None = None,
        skip_install: bool = False,
        trust_remote_code: bool = False,
        **options: Any,
    ) -> AnyClient:
        """Make a client for an environment.

        Args:
            name: The name of an installed environment, in any spelling; the path of a project; a Space, as
                ``owner/name``; the URL of a server, or its host and port; or ``image:`` and an image's name.
            base_url: Where it is served; left out, a server is started that runs while the client is in use.
            env_vars: Environment variables for that server.
            skip_install: Do without the environment's package: the client takes and gives dicts.
            trust_remote_code: Whether the package of a Space may be imported into this process.
            **options: Further arguments for the client; for a Space also those of :meth:`EnvClient.from_hub`.

        Returns:
            The client; nothing is asked, started or connected before it is used.

        Raises:
            ConfigurationError: No such environment is installed; the message names near ones. Or there is no such
                project, or it cannot be imported.
        """
        if skip_install and base_url is not None:
            return GenericEnvClient(base_url, **options)
        if skip_install and read_elsewhere(name) is None and not is_path(name):
            message = "skip_install=True needs a base_url: without its package nothing can be served"
            raise ConfigurationError(message, hint=f"AutoEnv.from_env({name!r}, base_url, skip_install=True)")
        target = _read(name)
        if isinstance(target, (UrlTarget, ImageTarget)) and (base_url is not None or env_vars is not None):
            raise ConfigurationError(f"{target} is a server already: leave out base_url and env_vars")
        kind, more = (GenericEnvClient, {}) if skip_install else _kind(target, trust_remote_code, options)
        if base_url is not None:
            return kind(base_url=base_url, **more, **options)
        if env_vars is not None:
            more["env_vars"] = env_vars
        return target.client(kind, **more, **options)

    @classmethod
    def from_hub(cls, repo_id: str, *, trust_remote_code: bool = False, **options: Any) -> AnyClient:
        """Make a client for a Space, whatever folders there are here.

        Args:
            repo_id: The Space, as ``owner/name`` or by its page.
            trust_remote_code: As for :meth:`from_env`.
            **options: As for :meth:`EnvClient.from_hub`.

        Returns:
            The client; nothing is asked, started or connected before it is used.

        Raises:
            ConfigurationError: That is not the name of a Space.
        """
        space = read_space(repo_id)
        kind, more = _kind(space, trust_remote_code, options)
        return space.client(kind, **more, **options)

    @classmethod
    def get_env_class(cls, name: str, *, trust_remote_code: bool = False, **options: Any) -> type[AnyClient]:
        """Find the class of an environment's clients.

        Args:
            name: As for :meth:`from_env`.
            trust_remote_code: As for :meth:`from_env`.
            **options: As for :meth:`from_env`, for what is not installed and no project: its server is asked what it
                plays, and started for that where it is not running.

        Returns:
            The class.

        Raises:
            ConfigurationError: As :meth:`from_env`.
            ConnectError: Its server does not answer, or does not start.
        """
        target = _read(name)
        environment = _local(target) or _trusted(target, trust_remote_code, options)
        if environment is not None:
            return environment.client_class()
        return _described(target, options)

    @classmethod
    def get_env_info(cls, name: str) -> dict[str, Any]:
        """Say what is known of an installed environment, or of a project, without importing it."""
        environment = _local(_read(name))
        if environment is None:
            raise ConfigurationError(
                f"{name} is neither installed nor a project: only those have a description here",
                hint="openenv info says what a server, an image or a Space is",
            )
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
    def from_env(cls, name: str, skip_install: bool = False, *, trust_remote_code: bool = False, **options: Any) -> Any:
        """Find the class of an environment's actions.

        Args:
            name: As for :meth:`AutoEnv.from_env`.
            skip_install: Do without the environment's package: gives :class:`GenericAction`.
            trust_remote_code: As for :meth:`AutoEnv.from_env`.
            **options: As for :meth:`AutoEnv.get_env_class`.

        Returns:
            The class.

        Raises:
            ConfigurationError: As :meth:`AutoEnv.from_env`; or the environment names no action.
            ConnectError: Its server does not answer, or does not start.
        """
        return GenericAction if skip_install else _action(_read(name), trust_remote_code, options)

    @classmethod
    def from_hub(cls, repo_id: str, *, trust_remote_code: bool = False, **options: Any) -> Any:
        """Find the class of a Space's actions; takes what :meth:`AutoEnv.from_hub` does, and raises as it is used."""
        return _action(read_space(repo_id), trust_remote_code, options)


def _read(name: str) -> Served:
    """Tell what a name is the name of; a bare one is that of an installed environment."""
    elsewhere = read_elsewhere(name)
    if elsewhere is not None:
        return elsewhere
    if is_path(name):
        return ProjectTarget(find_root(name))
    return InstalledTarget(find_environment(name))


def _local(target: Served) -> InstalledEnvironment | None:
    """What is known of an environment whose package is on this machine by the user's own doing."""
    if isinstance(target, InstalledTarget):
        return target.environment
    return FolderEnvironment.read(target.root) if isinstance(target, ProjectTarget) else None


def _trusted(target: Served, trust_remote_code: bool, options: Mapping[str, Any]) -> InstalledEnvironment | None:
    """What is known of a Space, once its files are here, where they are trusted."""
    if not (trust_remote_code and isinstance(target, SpaceTarget)):
        return None
    return fetched_environment(target.repo_id, options.get("revision"), options.get("token"))


def _kind(
    target: Served, trust_remote_code: bool, options: Mapping[str, Any]
) -> tuple[type[AnyClient], dict[str, Any]]:
    """Say which class a target's clients are of, and what it takes beyond the options of all clients."""
    environment = _local(target)
    if environment is not None:
        return environment.client_class(), {}
    if not (trust_remote_code and isinstance(target, SpaceTarget)):
        return DiscoveredEnvClient, {"find": partial(class_for, name=_name_of(target))}
    repo_id, revision, token = target.repo_id, options.get("revision"), options.get("token")

    def find(client: AnyClient) -> type[AnyClient]:
        # What the server was made of is what is imported.
        return fetched_environment(repo_id, client.revision or revision, token).client_class()

    return DiscoveredEnvClient, {"find": find}


def _action(target: Served, trust_remote_code: bool, options: Mapping[str, Any]) -> Any:
    """Find the class of the actions that a target takes."""
    environment = _local(target) or _trusted(target, trust_remote_code, options)
    if environment is not None:
        return environment.action_class()
    return declared(_described(target, options), EnvClient)[0]


def _name_of(target: Served) -> str | None:
    return target.repo_id.name if isinstance(target, SpaceTarget) else None


def _described(target: Served, options: Mapping[str, Any]) -> type[AnyClient]:
    """Make the class that the target's server describes."""
    return class_by_starting(target.client(GenericEnvClient, **options), _name_of(target))
