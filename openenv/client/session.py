"""From a recipe to a session and back: start a server where needed, connect, let go."""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from openenv.client.address import without_credentials
from openenv.client.background import at_exit, is_background, refuse_own_thread
from openenv.client.exchange import Call
from openenv.client.link import Link
from openenv.client.recipe import Recipe
from openenv.errors import OpenEnvError, SessionError

T = TypeVar("T")


class ClientSession:
    """The session of one client: none, one, or closed.

    It lives in the event loop that opened it. Calls from other threads and loops are handed to that
    one; where that one has ended, the session moves to the caller's.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.link: Link | None = None
        self.base_url = recipe.base_url
        self.closed = False
        # With both an address and a provider, somebody has started the provider already.
        self._provided = recipe.base_url is not None
        self._home: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._lock: asyncio.Lock

    @property
    def headers(self) -> Mapping[str, str]:
        """What the server asks for of whoever speaks to it, as far as that is known by now."""
        return {**self.recipe.headers, **getattr(self.recipe.provider, "headers", {})}

    async def open(self) -> None:
        """Start the provider, if there is one, and connect; does nothing where a session is open."""
        await self._at_home(self._open)

    async def renew(self) -> None:
        """End the session and open a fresh one on the same server."""
        await self._at_home(self._renew)

    async def close(self, *, keep_provider: bool = False) -> None:
        """End the session and stop the provider; does nothing where there is neither."""
        await self._at_home(self._close, keep_provider)

    async def request(self, kind: str, body: str | None, timeout_s: float | None = None) -> bytes:
        """Send a request, opening the session first where it is the first one; see :meth:`Link.request`."""
        link = self.link
        if link is not None and link.loop is asyncio.get_running_loop():
            return await link.request(kind, body, timeout_s)
        return await self._at_home(self._request, kind, body, timeout_s)

    def ask(self, link: Link, kind: str, body: str | None, timeout_s: float | None = None) -> bytes:
        """Do what :meth:`request` does from another thread than the link's: two wake-ups, and no task."""
        refuse_own_thread()
        answered = threading.Lock()
        answered.acquire()
        outcomes: list[bytes | OpenEnvError] = []

        def settle(outcome: bytes | OpenEnvError) -> None:
            outcomes.append(outcome)
            answered.release()

        call = Call(kind, body, settle, timeout_s)
        link.loop.call_soon_threadsafe(link.begin, call)
        in_time = False
        try:
            in_time = answered.acquire(timeout=min(link.message_timeout_s, threading.TIMEOUT_MAX))
        finally:
            if not in_time:
                link.loop.call_soon_threadsafe(link.abandon, call)
        if not in_time:
            raise link.late(call)
        outcome = outcomes[0]
        if isinstance(outcome, OpenEnvError):
            raise outcome
        return outcome

    def release(self) -> None:
        """Let go without waiting, when the client itself is gone."""
        if os.getpid() != self._process:
            return  # a forked child: session and server are its parent's
        link, self.link = self.link, None
        if link is not None and link.loop.is_running():
            asyncio.run_coroutine_threadsafe(link.close(), link.loop)
        elif link is not None and link.error is None:
            server = None if self.base_url is None else without_credentials(self.base_url)
            message = f"unclosed client of {server}: its server keeps the session for a while; close() it in time"
            warnings.warn(message, ResourceWarning, stacklevel=1)
        provider = self.recipe.provider
        if self._provided and provider is not None:
            self._provided = False
            threading.Thread(target=provider.stop, name="openenv-provider-stop").start()

    def refuse_deadlock(self) -> None:
        """Check that a blocking call does not block the loop that has to answer it.

        Raises:
            RuntimeError: It would.
        """
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            return
        if here is self._home:
            raise RuntimeError("this client was connected with await in this event loop: await its methods here too")

    async def _at_home(self, function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Call a coroutine function in the loop that the session lives in."""
        if os.getpid() != self._process:
            raise SessionError("this client was connected before the process forked; make a new one here")
        here = asyncio.get_running_loop()
        if self._home is not here:
            if self._home is not None and self._home.is_running():
                there = asyncio.run_coroutine_threadsafe(function(*arguments), self._home)
                return await asyncio.wrap_future(there)
            self._home, self._lock = here, asyncio.Lock()
            if self.link is not None:
                self.link = self.link.moved()
        return await function(*arguments)

    async def _open(self) -> None:
        async with self._lock:
            if self.link is not None and self.link.error is not None:
                await self._let_go(keep_provider=False)
            if self.link is None:
                await self._make()
            self.closed = False

    async def _renew(self) -> None:
        async with self._lock:
            await self._let_go(keep_provider=True)
            await self._make()
            self.closed = False

    async def _close(self, keep_provider: bool) -> None:
        async with self._lock:
            self.closed = True
            await self._let_go(keep_provider=keep_provider)
        if not keep_provider:
            self._home = None

    async def _request(self, kind: str, body: str | None, timeout_s: float | None) -> bytes:
        if self.link is None:
            if self.closed:
                raise SessionError("the client is closed", hint="connect() or a with statement opens a fresh session")
            await self._open()
        assert self.link is not None
        return await self.link.request(kind, body, timeout_s)

    async def _make(self) -> None:
        try:
            await self._start_provider()
            link = Link(self.recipe.connector(self.base_url, self.headers), self.recipe.message_timeout_s)
            await link.open()
        except BaseException:
            await self._let_go(keep_provider=False)
            raise
        # Whoever closed meanwhile has given the home up.
        self.link, self._home = link, link.loop
        if is_background(link.loop):
            at_exit.add(link)

    async def _let_go(self, *, keep_provider: bool) -> None:
        link, self.link = self.link, None
        if link is not None:
            await link.close()
        provider = self.recipe.provider
        if self._provided and provider is not None and not keep_provider:
            self._provided = False
            await asyncio.get_running_loop().run_in_executor(None, provider.stop)

    async def _start_provider(self) -> None:
        provider = self.recipe.provider
        if provider is None or self._provided:
            return
        starting = asyncio.get_running_loop().run_in_executor(None, provider.start)
        try:
            self.base_url = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Not in the executor, which takes nothing more once the interpreter shuts down.
            threading.Thread(target=provider.stop, name="openenv-provider-stop").start()
            await asyncio.wait([starting])
            self._provided = starting.exception() is None
            raise
        self._provided = True
