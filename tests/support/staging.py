"""Sessions without a server: requests go in, replies come out, in one event loop."""

from __future__ import annotations

import asyncio
import functools
import json
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

from openenv.protocol import Dialect
from openenv.protocol.frames import FrameDecoder, Reply, Request, request_frame
from openenv.sessions.blueprint import Blueprint, blueprint_of
from openenv.sessions.service import Place, ServiceSettings, SessionService
from openenv.sessions.session import Deadlines, Session
from openenv.sessions.store import Limits, Phase
from support.puppets import PATIENCE_S, Puppet


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an asynchronous test; what its tasks raise unseen fails it."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        complaints: list[str] = []

        async def main() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(str(context)))
            await asyncio.wait_for(test(*arguments, **named), 2 * PATIENCE_S)

        asyncio.run(main())
        assert not complaints, "\n".join(complaints)

    return run


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as there is nothing else to do."""

    def __init__(self) -> None:
        self._now = 1000.0
        super().__init__(_JumpingSelector(self.jump))

    def time(self) -> float:
        return self._now

    def jump(self, seconds: float) -> None:
        self._now += seconds


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if timeout is None:
            return ready or super().select()
        if not ready and timeout > 0:
            self._jump(timeout)
        return ready


def in_jumping_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an asynchronous test in which hours pass in no time; only for what needs no threads."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        complaints: list[str] = []
        loop = JumpingLoop()
        loop.set_exception_handler(lambda _, context: complaints.append(str(context)))
        try:
            loop.run_until_complete(test(*arguments, **named))
            assert not asyncio.all_tasks(loop)
        finally:
            loop.close()
        assert not complaints, "\n".join(complaints)

    return run


class Stage:
    """A service, and requests written for it."""

    def __init__(
        self,
        place: Place = "thread",
        environment: Any = Puppet,
        *,
        most: int = 4,
        limits: dict[str, Any] | None = None,
        deadlines: Deadlines | None = None,
        memory_limit_mb: int | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        blueprint = environment if isinstance(environment, Blueprint) else blueprint_of(environment)
        settings = ServiceSettings(
            place, Limits(most, 4 * most, **(limits or {})), deadlines or Deadlines(), memory_limit_mb
        )
        clock_given = {} if clock is None else {"clock": clock}
        self.service = SessionService(blueprint, settings, **clock_given)
        self.service.prepare()
        # As in the server: a worker process validates its actions itself.
        self.decoder = FrameDecoder(Dialect.V2, dict[str, Any] if place == "process" else blueprint.action_type)

    async def __aenter__(self) -> Stage:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.service.shut_down()
        assert (self.service.store.active, self.service.store.waiting, self.service.sessions) == (0, 0, {})

    async def open(self, *, verbose: bool = True, wait_s: float = 0.0) -> Player:
        """Open a session as a v2 socket does."""
        session = await self.service.open(Phase.ATTACHED, verbose=verbose, wait_s=wait_s)
        return Player(session, self.decoder)

    async def free_slots(self, count: int) -> None:
        """Wait until so many slots are free."""
        most = self.service.settings.limits.max_sessions
        while most - self.service.store.active < count:
            endings = list(self.service._endings.tasks.values())
            assert endings, "no session ends"
            await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)


class Player:
    """Plays one session."""

    def __init__(self, session: Session, decoder: FrameDecoder) -> None:
        self.session = session
        self._decoder = decoder
        self._number = 0

    def request(
        self, kind: str, data: Any = None, timeout_s: float | None = None, number: int | None = None
    ) -> Request:
        """Write the next request."""
        if number is None:
            self._number += 1
            number = self._number
        return self._decoder.decode(request_frame(kind, number, None if data is None else json.dumps(data), timeout_s))

    def submit(self, request: Request) -> asyncio.Future[Reply]:
        """Submit a request."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.session.submit(request, lambda reply, _: answer.set_result(reply))
        return answer

    async def ask(self, kind: str, data: Any = None, timeout_s: float | None = None) -> Reply:
        """Submit the next request and wait for its reply."""
        return await asyncio.wait_for(self.submit(self.request(kind, data, timeout_s)), PATIENCE_S)

    async def reset(self, **options: Any) -> Reply:
        """Reset."""
        return await self.ask("reset", options)

    async def step(self, do: str = "add", *, timeout_s: float | None = None, **action: Any) -> Reply:
        """Step a puppet."""
        return await self.ask("step", {"do": do, **action}, timeout_s)

    async def told(self, what: str = "puppet") -> int:
        """Reset, and say what the first observation holds."""
        observation = body_of(await self.reset())["observation"]
        return int(observation[what])


def body_of(reply: Reply) -> dict[str, Any]:
    """The data of a reply."""
    body: dict[str, Any] = json.loads(reply.body)
    return body


def observation_of(reply: Reply) -> dict[str, Any]:
    """The observation in a reply."""
    assert reply.kind == "observation", reply
    observation: dict[str, Any] = body_of(reply)["observation"]
    return observation
