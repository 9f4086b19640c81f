"""From what is to be played to open sessions and an interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
from pydantic import TypeAdapter

from openenv.client.address import websocket_url
from openenv.client.client import EnvClient
from openenv.client.direct import direct_recipe
from openenv.client.generic import GenericEnvClient
from openenv.client.pool import Pool, SyncPool, pool
from openenv.discovery.packages import find_environment
from openenv.environment import Environment
from openenv.errors import ConfigurationError, ConnectError
from openenv.gymnasium.interpreter import RENDER_MODE, Interpreter
from openenv.gymnasium.spaces import Json
from openenv.providers.process import ProcessProvider
from openenv.sessions.blueprint import blueprint_of
from openenv.validation.check import ProbeError
from openenv.validation.web import Web

_TIMEOUT_S = 30.0


def open_sessions(
    target: Any, n: int, render_mode: str | None, options: dict[str, Any]
) -> tuple[SyncPool, Interpreter]:
    """Open sessions and read what is played there.

    Args:
        target: The URL of a server, a client, a project's folder, the name of an installed environment,
            or an environment's class.
        n: How many sessions.
        render_mode: ``rgb_array`` or ``None``.
        options: Arguments for the client, or for the class.

    Returns:
        The sessions, and what translates for them.

    Raises:
        ConfigurationError: The target is none of these.
        UnsupportedSpaceError: It has actions or observations that no space can hold.
        ConnectError: The server does not answer.
        gymnasium.error.UnsupportedMode: The render mode is another one.
    """
    if render_mode not in (None, RENDER_MODE):
        raise gymnasium.error.UnsupportedMode(f"the render mode is {RENDER_MODE!r} or None, not {render_mode!r}")
    in_process = isinstance(target, type) and issubclass(target, Environment)
    sessions = (_in_process(target, n, options) if in_process else pool(_client(target, options), n)).sync()
    sessions.connect()
    try:
        schemas = _own_schemas(target) if in_process else _served_schemas(sessions[0].async_client)
        return sessions, Interpreter.of(*schemas, render_mode)
    except BaseException:
        sessions.close()
        raise


def _client(target: Any, options: dict[str, Any]) -> GenericEnvClient:
    if isinstance(target, EnvClient):
        if options:
            raise ConfigurationError(f"a client is set up already: leave out {', '.join(options)}")
        return GenericEnvClient.beside(target)
    if isinstance(target, str) and ("://" in target or ":" in target.partition("/")[0]):
        return GenericEnvClient(target, **options)
    if isinstance(target, Path) or (isinstance(target, str) and ("/" in target or Path(target).is_dir())):
        return GenericEnvClient(provider=ProcessProvider.for_project(target), **options)
    if isinstance(target, str):
        return GenericEnvClient(provider=ProcessProvider(find_environment(target).app), **options)
    raise ConfigurationError(
        f"{target!r} is nothing that can be played",
        hint="give a URL, a client, a project's folder, an installed environment's name, or an environment's class",
    )


def _in_process(environment: type[Environment[Any, Any, Any]], n: int, options: dict[str, Any]) -> Pool:
    direct_recipe(environment, options, sessions=n)  # raises where n cannot live side by side
    return Pool([GenericEnvClient.in_process(environment, **options) for _ in range(n)])


def _own_schemas(environment: type[Environment[Any, Any, Any]]) -> tuple[Json, Json]:
    blueprint = blueprint_of(environment)
    action, observation = (
        TypeAdapter(model).json_schema() for model in (blueprint.action_type, blueprint.observation_type)
    )
    return action, observation


def _served_schemas(client: EnvClient[Any, Any, Any]) -> tuple[Json, Json]:
    if client.base_url is None:
        raise ConfigurationError(
            "a client that plays in this process does not say what it plays", hint="give the environment's class"
        )
    # The address of /ws, with HTTP's scheme.
    url = "http" + websocket_url(client.base_url).removeprefix("ws").removesuffix("/ws")
    try:
        schemas = Web(url, _TIMEOUT_S).get("/schema", client._session.recipe.headers).object()
        return schemas["action"], schemas["observation"]
    except (ProbeError, KeyError) as error:
        raise ConnectError(f"{url} does not say what it plays: {error}") from error
