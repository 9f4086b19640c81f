"""From what is to be played to open sessions and an interpreter."""

from __future__ import annotations

from typing import Any

import gymnasium
from pydantic import TypeAdapter

from openenv.client.client import EnvClient
from openenv.client.direct import direct_recipe
from openenv.client.generic import GenericEnvClient
from openenv.client.pool import Pool, SyncPool, pool
from openenv.discovery.schemas import served_schemas
from openenv.discovery.target import Served, read_target
from openenv.errors import ConfigurationError
from openenv.gymnasium.interpreter import RENDER_MODE, Interpreter
from openenv.sessions.blueprint import blueprint_of
from openenv.shapes.schemas import Schemas


def open_sessions(
    target: Any, n: int, render_mode: str | None, options: dict[str, Any]
) -> tuple[SyncPool, Interpreter]:
    """Open sessions and read what is played there.

    Args:
        target: What :func:`openenv.discovery.target.read_target` takes.
        n: How many sessions.
        render_mode: ``rgb_array`` or ``None``.
        options: Arguments for the client, or for the class.

    Returns:
        The sessions, and what translates for them.

    Raises:
        ConfigurationError: The target is nothing that can be played.
        UnsupportedSpaceError: It has actions or observations that no space can hold.
        ConnectError: The server does not answer.
        gymnasium.error.UnsupportedMode: The render mode is another one.
    """
    if render_mode not in (None, RENDER_MODE):
        raise gymnasium.error.UnsupportedMode(f"the render mode is {RENDER_MODE!r} or None, not {render_mode!r}")
    read = read_target(target)
    sessions = (_in_process(read, n, options) if isinstance(read, type) else pool(_client(read, options), n)).sync()
    sessions.connect()
    try:
        schemas = _own_schemas(read) if isinstance(read, type) else served_schemas(sessions[0].async_client)
        return sessions, Interpreter.of(schemas.action, schemas.observation, render_mode)
    except BaseException:
        sessions.close()
        raise


def _client(target: Served | EnvClient[Any, Any, Any], options: dict[str, Any]) -> GenericEnvClient:
    if not isinstance(target, EnvClient):
        return target.client(GenericEnvClient, **options)
    if options:
        raise ConfigurationError(f"a client is set up already: leave out {', '.join(options)}")
    return GenericEnvClient.beside(target)


def _in_process(environment: type[Any], n: int, options: dict[str, Any]) -> Pool:
    direct_recipe(environment, options, sessions=n)  # raises where n cannot live side by side
    return Pool([GenericEnvClient.in_process(environment, **options) for _ in range(n)])


def _own_schemas(environment: type[Any]) -> Schemas:
    blueprint = blueprint_of(environment)
    models = (blueprint.action_type, blueprint.observation_type, blueprint.state_type)
    return Schemas(*(TypeAdapter(model).json_schema() for model in models))
