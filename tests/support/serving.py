"""Real servers on free ports, in threads of this process: a test can look into them."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI

from openenv.server import ServerSettings, create_app
from openenv.server.run import Server
from openenv.sessions.service import SessionService
from support.puppets import PATIENCE_S

T = TypeVar("T")

_CLIENTS_FAULT = "Invalid UTF-8 sequence received"  # the web server reports that as an error of its own


class Served:
    """A running server."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.server = Server(app, port=0, on_ready=self._note, log_config=None, lifespan="on")
        self._listening: Future[tuple[str, asyncio.AbstractEventLoop]] = Future()
        self._thread = threading.Thread(target=self._run, name="test-server")
        self._thread.start()
        self.url, self._loop = self._listening.result(PATIENCE_S)

    @property
    def address(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    @property
    def ws(self) -> str:
        """Where its WebSocket is."""
        return f"ws://{self.address}/ws"

    @property
    def service(self) -> SessionService:
        """Its sessions."""
        service: SessionService = self.app.state.openenv_service
        return service

    def http(self, **options: Any) -> httpx.Client:
        """A plain HTTP client."""
        return httpx.Client(base_url=self.url, trust_env=False, verify=False, timeout=PATIENCE_S, **options)

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in the server's loop, after everything that is ready there now."""
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(function(*arguments))
            except BaseException as error:
                answer.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return answer.result(PATIENCE_S)

    def stop(self) -> None:
        """Shut it down and wait for its thread."""
        self.server.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the server does not stop"

    def _run(self) -> None:
        try:
            self.server.run()
        except BaseException as error:
            if not self._listening.done():
                self._listening.set_exception(error)
            raise

    def _note(self, url: str) -> None:
        self._listening.set_result((url, asyncio.get_running_loop()))


def app_of(environment: Any, *, limits: dict[str, Any] | None = None, **settings: Any) -> FastAPI:
    """Make an app; ``limits`` reaches those of the store that no operator can set."""
    models = settings.pop("models", ())
    app = create_app(environment, *models, settings=ServerSettings(**settings))
    service: SessionService = app.state.openenv_service
    chosen = dataclasses.replace(service.settings.limits, **(limits or {}))
    service.settings = dataclasses.replace(service.settings, limits=chosen)
    service.store.limits = chosen
    return app


@contextmanager
def serving(environment: Any, **settings: Any) -> Iterator[Served]:
    """Serve an environment for the length of a block; nothing unexpected may stand in the log."""
    with watching_the_log() as complaints:
        served = Served(app_of(environment, **settings))
        try:
            yield served
        finally:
            served.stop()
    assert not complaints, "\n".join(complaints)


@contextmanager
def watching_the_log() -> Iterator[list[str]]:
    """Collect what the web server and the event loop complain about: nobody should have made them."""
    complaints: list[str] = []
    handler = _Collector(complaints)
    loggers = [logging.getLogger("uvicorn.error"), logging.getLogger("asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield complaints
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


class _Collector(logging.Handler):
    def __init__(self, complaints: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._complaints = complaints

    def emit(self, record: logging.LogRecord) -> None:
        if not record.getMessage().startswith(_CLIENTS_FAULT):
            self._complaints.append(self.format(record))


def until(happens: Callable[[], Any]) -> None:
    """Ask again and again; each question is a round trip through whoever has to act."""
    deadline = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < deadline, "it does not happen"


class LogTap(logging.Handler):
    """Lets a test wait for a line in the log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._changed = threading.Condition()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        with self._changed:
            self.lines.append(self.format(record))
            self._changed.notify_all()

    def wait_for(self, *words: str) -> str:
        """Wait for a line that holds all these words, and return it."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.find(*words), PATIENCE_S), f"no {words} in {self.lines}"
        return self.find(*words)[0]

    def find(self, *words: str) -> list[str]:
        """All lines that hold all these words."""
        return [line for line in self.lines if all(word in line for word in words)]


@contextmanager
def tapped_log(name: str = "openenv") -> Iterator[LogTap]:
    """Read a logger along."""
    logger, tap = logging.getLogger(name), LogTap()
    before = logger.level
    logger.addHandler(tap)
    logger.setLevel(logging.INFO)
    try:
        yield tap
    finally:
        logger.removeHandler(tap)
        logger.setLevel(before)
