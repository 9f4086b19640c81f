"""Puts an environment behind HTTP and WebSocket."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import FastAPI

from openenv.errors import ConfigurationError
from openenv.protocol import MAX_MESSAGE_BYTES, Dialect
from openenv.protocol.frames import FrameDecoder
from openenv.server.body_limit import BodyLimit
from openenv.server.route_table import RouteTable
from openenv.server.routes import health_routes, information_routes, throw_away_routes, unhandled
from openenv.server.security import Gate
from openenv.server.session_routes import SessionRoutes
from openenv.server.settings import ServerSettings
from openenv.server.websocket import WebSocketEndpoint
from openenv.server.workers import several_workers
from openenv.sessions.blueprint import blueprint_of
from openenv.sessions.service import SessionService

logger = logging.getLogger("openenv.server")


def create_app(
    env: Callable[[], Any],
    action_cls: Any = None,
    observation_cls: Any = None,
    env_name: str | None = None,
    max_concurrent_envs: int | None = None,
    concurrency_config: Any = None,
    *,
    state_cls: Any = None,
    reset_observation_cls: Any = None,
    readme: str | None = None,
    api_key: str | None = None,
    settings: ServerSettings | None = None,
) -> FastAPI:
    """Make the app of an environment.

    ``create_app(MyEnvironment)`` is enough where the class names its models:
    ``class MyEnvironment(Environment[MyAction, MyObservation, State])``.

    Args:
        env: The environment's class, or a callable that makes one; called once a session.
        action_cls: The class of its actions; read from the environment's class where left out.
        observation_cls: The class of its observations; likewise.
        env_name: The environment's name.
        max_concurrent_envs: How many sessions there may be, as ``settings.max_sessions``.
        concurrency_config: Deployed OpenEnv's object with ``max_concurrent_envs`` and ``session_timeout``.
        state_cls: The class of its state.
        reset_observation_cls: The class of what reset returns, where it differs.
        readme: The environment's README, as Markdown.
        api_key: What clients must know, as ``settings.api_key``.
        settings: All other settings; an operator's ``OPENENV_…`` variables win over them.

    Returns:
        A FastAPI app; ``openenv.server.run`` serves it, and so does uvicorn.

    Raises:
        ConfigurationError: The models cannot be told, or the settings contradict the environment.
    """
    blueprint = blueprint_of(env, action_cls, observation_cls, state_cls, env_name)
    chosen = _settings(settings or ServerSettings(), max_concurrent_envs, concurrency_config, api_key)
    chosen = chosen.with_environment()
    service = SessionService(blueprint, chosen.for_service(blueprint), verbose_always=chosen.debug)
    return _assemble(service, chosen, readme, reset_observation_cls or blueprint.observation_type)


def _settings(settings: ServerSettings, most: int | None, concurrency: Any, api_key: str | None) -> ServerSettings:
    """Fold the arguments of ``create_app`` into the settings."""
    if most is not None and concurrency is not None:
        raise ConfigurationError("give max_concurrent_envs or concurrency_config, not both")
    given: dict[str, Any] = {"api_key": api_key, "max_sessions": most}
    if concurrency is not None:
        given["max_sessions"] = concurrency.max_concurrent_envs
        given["idle_timeout_s"] = concurrency.session_timeout
    return settings.model_copy(update={name: value for name, value in given.items() if value is not None})


def _assemble(service: SessionService, settings: ServerSettings, readme: str | None, first: Any) -> FastAPI:
    blueprint = service.blueprint
    endpoint = WebSocketEndpoint(service)
    sessions = SessionRoutes(
        service, FrameDecoder(Dialect.V2, endpoint.action_type), available=lambda: endpoint.resumable
    )
    app = FastAPI(
        title=blueprint.name,
        description=f"The environment {blueprint.name}, served by OpenEnv.",
        lifespan=_lifespan(service, endpoint),
    )
    app.state.openenv_service = service
    app.state.openenv_drain_timeout_s = settings.drain_timeout_s
    app.state.openenv_needs_key = settings.api_key is not None
    information = information_routes(service, readme, first)
    routers = (health_routes(service), information, throw_away_routes(service), sessions.router())
    for router in routers:
        app.include_router(router)
    table = RouteTable(routers)
    app.router.default = table.not_found
    app.add_exception_handler(405, table.wrong_method)
    app.add_exception_handler(Exception, unhandled)
    app.add_middleware(BodyLimit, most=MAX_MESSAGE_BYTES)
    app.add_middleware(Gate, websocket=endpoint, api_key=settings.api_key, allowed_origins=settings.allowed_origins)
    return app


def _lifespan(service: SessionService, endpoint: WebSocketEndpoint) -> Any:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if several_workers():
            endpoint.resumable = False
            logger.error("several workers share this port: resume and /sessions are switched off; use one worker")
        service.prepare()
        yield
        await service.shut_down()

    return lifespan
