"""The Hub on a socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from .app import create_app
from .builds import Plan
from .faults import Fault
from .hub import Hub

T = TypeVar("T")

_PATIENCE_S = 30.0


class HubServer:
    """A Hub that answers over HTTP, until it is stopped or the ``with`` block ends.

    Args:
        folder: Where its repositories are kept.
        port: Where it listens on the loopback interface; 0 for a free port.
        runs: Whether Spaces are really installed and run; else that is only acted.
    """

    def __init__(self, folder: Path, port: int = 0, *, runs: bool = False) -> None:
        self.hub = Hub(folder, runs=runs)
        quiet: dict[str, Any] = {"log_config": None, "access_log": False, "date_header": False}
        config = uvicorn.Config(create_app(self.hub), port=port, timeout_graceful_shutdown=1, **quiet)
        self._server = uvicorn.Server(config)
        self._ready: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._run, name="hub-server", daemon=True)
        self._thread.start()
        self._loop = self._ready.result(_PATIENCE_S)

    def __enter__(self) -> HubServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Its address: the value for ``HF_ENDPOINT``."""
        return self.hub.url

    def call(self, function: Callable[[Hub], T]) -> T:
        """Do something with the Hub between two requests, and return what came of it."""
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(function(self.hub))
            except BaseException as error:
                answer.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return answer.result(_PATIENCE_S)

    def add_fault(self, request: str, status: int = 0, **more: Any) -> Fault:
        """Have requests that match a pattern fail; see :class:`Fault`."""
        return self.call(lambda hub: hub.faults.add(Fault(request, status, **more)))

    def requests(self, pattern: str = "") -> list[str]:
        """What was asked since the test began: method and path, of those that match a pattern."""
        return self.call(lambda hub: [one for one in hub.faults.requests if re.search(pattern, one)])

    def plan(self, repo_id: str, **plan: Any) -> None:
        """Have the builds of a Space go another way, whether it is there yet or not; see :class:`Plan`."""
        self.call(lambda hub: hub.spaces.plan(repo_id, Plan(**plan)))

    def release(self, repo_id: str) -> None:
        """Let a build, or a start, go on that stays where it is."""
        self.call(lambda hub: hub.spaces.release(repo_id))

    def set_stage(self, repo_id: str, stage: str, message: str | None = None) -> None:
        """Have a Space be at another stage, for example SLEEPING."""
        self.call(lambda hub: hub.spaces.set_stage(repo_id, stage, message))

    def stop(self) -> None:
        """Stop it and all that runs on it."""
        self._server.should_exit = True
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise

    async def _serve(self) -> None:
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.01)
        if self._server.started:
            port = self._server.servers[0].sockets[0].getsockname()[1]
            self.hub.url = f"http://127.0.0.1:{port}"
            self.hub.open()
            self._ready.set_result(asyncio.get_running_loop())
        await serving
        await self.hub.spaces.close()
