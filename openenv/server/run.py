"""Runs a server: uvicorn, with signals that drain before they stop."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, MutableMapping
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.importer import import_from_string

from openenv.errors import ServerDrainingError
from openenv.protocol import MAX_MESSAGE_BYTES
from openenv.server.problems import error_response
from openenv.server.security import ASGIApp, Receive, Scope, Send

logger = logging.getLogger("openenv.server")

_UVICORN_OPTIONS: dict[str, Any] = {
    "access_log": False,
    "ws": "websockets-sansio",
    "ws_max_size": MAX_MESSAGE_BYTES,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": 2,
}


class Server(uvicorn.Server):
    """A uvicorn server that lets episodes in progress end before it closes their sockets.

    ``run()`` serves, in any thread; ``stop()`` asks it to drain and return, from any other.

    Args:
        app: What ``create_app`` made.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        on_ready: Called with the base URL once the server listens.
        **options: Further options of ``uvicorn.Config``.
    """

    def __init__(
        self,
        app: Any,
        *,
        host: str = "127.0.0.1",
        port: int = 8000,
        on_ready: Callable[[str], None] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(uvicorn.Config(app, host=host, port=port, **_UVICORN_OPTIONS, **options))
        state = getattr(app, "state", None)
        self._service = getattr(state, "openenv_service", None)
        self._drain_timeout_s: float = getattr(state, "openenv_drain_timeout_s", 0.0)
        self._on_ready = on_ready

    def stop(self) -> None:
        """Ask the server to drain and return, as a first SIGTERM does."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where."""
        self.config.loaded_app = self._excusing(self.config.loaded_app)
        await super().startup(sockets)
        if self._on_ready is not None and self.started:
            self._on_ready(_address(self.servers[0].sockets[0]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, then close what is left."""
        if self._service is not None and not self.force_exit:
            if self._service.sessions:
                logger.info("waiting for %d sessions; press Ctrl-C again to stop now", len(self._service.sessions))
            await self._service.drain(self._drain_timeout_s, stop_now=lambda: self.force_exit)
        await super().shutdown(sockets)
        if self.force_exit:  # left out above; the app's own shutdown is quick, for all sessions have ended
            await self.lifespan.shutdown()

    def _excusing(self, app: ASGIApp) -> ASGIApp:
        """Tell whoever waits for an answer that a shutdown cuts it short; uvicorn would log an error of the app."""

        async def excused(scope: Scope, receive: Receive, send: Send) -> None:
            answerable = scope["type"] == "http"

            async def noted(message: MutableMapping[str, Any]) -> None:
                nonlocal answerable
                answerable = False
                await send(message)

            try:
                await app(scope, receive, noted if answerable else send)
            except asyncio.CancelledError:
                if not self.should_exit:
                    raise
                if answerable:
                    await error_response(ServerDrainingError("the server is shutting down"))(scope, receive, send)

        return excused

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM while serving, where this is the main thread."""
        # Unlike uvicorn's own, the signal is not raised again afterwards: a drained server has done what was asked.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop in good order at the first signal, at once at the second."""
        self.force_exit = self.should_exit
        self.should_exit = True


def run(
    app: Any,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    sock: socket.socket | None = None,
    log_level: str = "info",
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve an app until SIGINT or SIGTERM, then drain and return.

    Call it in the main thread. The first signal refuses new sessions and lets episodes in progress
    end, the second stops at once.

    Args:
        app: What ``create_app`` made, or where to import it from, as ``module:name``.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        sock: A listening socket, in place of host and port.
        log_level: The least severe level that is logged.
        on_ready: Called with the base URL once the server listens.
    """
    loaded = import_from_string(app) if isinstance(app, str) else app
    server = Server(
        loaded, host=host, port=port, on_ready=on_ready, log_config=_log_config(log_level), log_level=log_level
    )
    server.run(sockets=None if sock is None else [sock])


def _log_config(level: str) -> dict[str, Any]:
    """Uvicorn's own logging, with our loggers in it."""
    config: dict[str, Any] = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        config["formatters"]["default"]["use_colors"] = False
    config["loggers"]["openenv"] = {"handlers": ["default"], "level": level.upper(), "propagate": False}
    return config


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
