"""Where the policies of a session run: in a thread of their own."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any

from openenv.policies.base import Policy, PolicyFactory
from openenv.sessions.runners import Mailbox

_Outcome = tuple[Any, BaseException | None]
_Job = tuple[Callable[[], Any], "asyncio.Future[_Outcome]"]


class PolicyThread:
    """Runs plain functions, one after the other and always in the same thread; coroutines run in the event loop.

    So a policy that thinks for long holds up no other session, and no connection. Make it in the event loop.
    """

    def __init__(self) -> None:
        self._mailbox = Mailbox(asyncio.get_running_loop())
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        # A daemon: a policy that never returns must not keep the program from ending.
        threading.Thread(target=self._work, name="openenv-policy", daemon=True).start()

    async def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function, or a coroutine function.

        Args:
            function: What to call.
            *args: Its arguments.

        Returns:
            What it returns; an awaitable is awaited first.

        Raises:
            Exception: What it raises. What would end the program, ``sys.exit`` for example, is a ``RuntimeError``.
        """
        try:
            return await self._called(function, args)
        except SystemExit as error:
            raise RuntimeError(f"a policy must not end the program: it raised SystemExit({error.code!r})") from error

    async def _called(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(*args)
        future: asyncio.Future[_Outcome] = asyncio.get_running_loop().create_future()
        self._jobs.put((partial(function, *args), future))
        value, error = await future
        if error is not None:
            raise error
        return await value if inspect.isawaitable(value) else value

    def end(self) -> None:
        """End the thread, once what it was given is done."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            call, future = job
            try:
                outcome: _Outcome = call(), None
            except BaseException as error:  # raised where it was called from
                outcome = None, error
            self._mailbox.post(partial(_settle, future), outcome)


class HostedPolicy:
    """A policy in a thread, as coroutines.

    Args:
        policy: The policy.
        thread: Where it was made.
    """

    def __init__(self, policy: Policy, thread: PolicyThread) -> None:
        self._policy = policy
        self._thread = thread

    @classmethod
    async def make(cls, factory: PolicyFactory, thread: PolicyThread) -> HostedPolicy:
        """Make a policy in a thread."""
        return cls(await thread.call(factory), thread)

    async def reset(self, seed: int | None) -> None:
        """Tell it that an episode with this seed begins, if it wants to know."""
        await self._tell("reset", seed)

    async def act(self, observation: Any) -> Any:
        """Ask it for an action."""
        return await self._thread.call(self._policy.act, observation)

    async def close(self) -> None:
        """Tell it that it has played its last episode, if it wants to know."""
        await self._tell("close")

    async def _tell(self, name: str, *args: Any) -> None:
        method = getattr(self._policy, name, None)
        if method is not None:
            await self._thread.call(method, *args)


def _settle(future: asyncio.Future[_Outcome], outcome: _Outcome) -> None:
    if not future.done():  # nobody waits any more
        future.set_result(outcome)
