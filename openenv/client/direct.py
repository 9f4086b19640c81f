"""Frames without a socket: the client's session and the environment are in one process."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from openenv.client.recipe import Recipe
from openenv.client.transport import Listener
from openenv.errors import OpenEnvError
from openenv.protocol import CloseCode, Dialect
from openenv.protocol.frames import FrameDecoder, Reply, greeting_frame, reply_frame
from openenv.server.settings import ServerSettings
from openenv.sessions.blueprint import Blueprint, blueprint_of
from openenv.sessions.host import error_reply
from openenv.sessions.service import ServiceSettings, SessionService
from openenv.sessions.session import Session
from openenv.sessions.store import Phase

_FOREVER_S = 1e6
_UNLIMITED = 2**62


def direct_recipe(
    environment: Callable[..., Any], init_kwargs: Mapping[str, Any], sessions: int | None = None
) -> tuple[Recipe, tuple[Any, ...]]:
    """Say how to get a session without a server.

    Args:
        environment: The environment's class, or a callable that makes one.
        init_kwargs: Arguments for it.
        sessions: How many there are to be side by side.

    Returns:
        The recipe, and the environment's classes of actions, observations and states.

    Raises:
        ConfigurationError: What it plays cannot be told.
        ConcurrencyConfigurationError: It does not support that many sessions in one process.
    """
    blueprint = blueprint_of(partial(environment, **init_kwargs) if init_kwargs else environment)
    settings = ServerSettings(max_sessions=sessions).for_service(blueprint)
    # Nobody else wants the slot, however long the agent thinks.
    limits = dataclasses.replace(settings.limits, max_sessions=1, attached_idle_timeout_s=_FOREVER_S)
    settings = dataclasses.replace(settings, limits=limits)
    connector = partial(_open, blueprint, settings, FrameDecoder(Dialect.V2, blueprint.action_type))
    models = (blueprint.action_type, blueprint.observation_type, blueprint.state_type)
    return Recipe(None, None, lambda *_: connector, message_timeout_s=_FOREVER_S), models


async def _open(blueprint: Blueprint, settings: ServiceSettings, decoder: FrameDecoder) -> DirectTransport:
    return DirectTransport(SessionService(blueprint, settings), decoder)


class DirectTransport:
    """One session of a service of its own.

    Args:
        service: The service.
        decoder: Reads requests.
    """

    dialect = Dialect.V2

    def __init__(self, service: SessionService, decoder: FrameDecoder) -> None:
        self._service = service
        self._decoder = decoder
        self._listener: Listener | None = None
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None  # kept: an event loop holds its tasks weakly

    def listen(self, listener: Listener) -> None:
        """Say who is to be told."""
        self._listener = listener

    def send(self, frame: bytes) -> None:
        """Take a frame, as a server does."""
        request = self._decoder.decode(frame.decode())
        if self._session is not None:
            self._session.submit(request, self._deliver)
        else:  # the first frame, which opens it
            self._task = asyncio.get_running_loop().create_task(self._begin())

    async def close(self) -> None:
        """Close the environment."""
        self._listener = None
        if self._task is not None:
            self._task.cancel()
        if self._session is not None:
            self._service.end(self._session, "closed")
        await self._service.shut_down()

    def abort(self) -> None:
        """Close the environment without waiting for that."""
        self._closing = asyncio.get_running_loop().create_task(self.close())

    async def _begin(self) -> None:
        try:
            session = await self._service.open(Phase.ATTACHED, verbose=True)
        except OpenEnvError as error:
            self._deliver(error_reply(error), None)
            return
        session.dismiss = self._dismissed
        self._session = session
        greeting = {
            "session_id": session.id,
            "session_token": session.lease.token,
            "resumed": False,
            "last_id": 0,
            "resume_window_s": 0,  # it ends with its event loop
            "max_message_bytes": _UNLIMITED,
        }
        if self._listener is not None:
            self._listener.received(greeting_frame("session", greeting).encode())

    def _deliver(self, reply: Reply, number: int | str | None) -> None:
        if self._listener is not None:
            self._listener.received(reply_frame(reply, Dialect.V2, number).encode())

    def _dismissed(self, reply: Reply) -> None:
        self._deliver(reply, None)
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.lost(CloseCode.NORMAL, "the session is over")
