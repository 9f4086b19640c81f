"""Many sessions, played side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from openenv.client.background import run_blocking
from openenv.client.calls import either
from openenv.client.client import EnvClient
from openenv.client.generic import GenericEnvClient
from openenv.client.link import Link, ask_all
from openenv.errors import ConfigurationError, OpenEnvError
from openenv.types import StepResult

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")

HANDSHAKES = 64
"""How many connections of a pool are opened at a time: a server accepts a crowd more slowly than a queue."""

Outcome = StepResult[Any] | OpenEnvError | None
Question = tuple[EnvClient[Any, Any, Any], str, Mapping[str, Any]]


def pool(target: Any, n: int, **options: Any) -> Pool:
    """Make a pool of sessions; nothing is opened before it is used.

    ::

        with openenv.pool("http://localhost:8000", 8) as envs:
            results = envs.reset_all(seeds=range(8))
            results = envs.step_all([{"message": "hi"}] * 8)

    Args:
        target: A client, whose server the sessions share; a class of clients or another callable that
            returns one, called n times with the options, for example with ``base_url=``; the URL of a
            server; or an environment's class, to be played in this process.
        n: How many sessions.
        **options: Arguments for the class or callable, or for the client of a URL.

    Returns:
        The pool.

    Raises:
        ConfigurationError: The target is none of these, or cannot be played n times at once.
    """
    if n < 1:
        raise ConfigurationError(f"a pool has at least one session, not {n}")
    if isinstance(target, str):
        target = partial(GenericEnvClient, target)
    if isinstance(target, EnvClient):
        return Pool(_siblings(target, n))
    if isinstance(target, type) and not issubclass(target, EnvClient) and hasattr(target, "reset"):
        return Pool(_in_process(target, n, options))
    if not callable(target):
        raise ConfigurationError(f"a pool cannot be made of {type(target).__name__}")
    clients = [target(**options) for _ in range(n)]
    for client in clients:
        if not isinstance(client, EnvClient):
            raise ConfigurationError(f"a pool's target makes clients, not {type(client).__name__}")
    return Pool(clients)


class Pool:
    """Sessions that are reset and stepped together; ``pool[i]`` is the client of one of them.

    Like a client it is a recipe until it is entered or first used, has a synchronous face inside
    ``with``, and blocks or returns a coroutine elsewhere.

    ``reset_all`` and ``step_all`` return one entry a session, in order. A session that fails has the
    error there, as a value, and the others do not notice. One whose session is lost goes on giving
    that error until ``pool[i].connect()`` opens a fresh one.

    Args:
        clients: The clients.
    """

    def __init__(self, clients: Sequence[EnvClient[Any, Any, Any]]) -> None:
        self._clients = list(clients)

    def __len__(self) -> int:
        return len(self._clients)

    def __getitem__(self, index: int) -> EnvClient[Any, Any, Any]:
        return self._clients[index]

    def __iter__(self) -> Iterator[EnvClient[Any, Any, Any]]:
        return iter(self._clients)

    def connect(self) -> Coroutine[Any, Any, Self]:
        """Open all sessions; raises the first error, and then none is left open. Returns the pool."""
        return either(self._connect)

    def close(self) -> Coroutine[Any, Any, None]:
        """End all sessions, and the server that the pool started, if it did."""
        return either(self._close)

    def reset_all(
        self, seeds: Sequence[int | None] | None = None, **options: Any
    ) -> Coroutine[Any, Any, list[Outcome]]:
        """Begin a fresh episode in every session.

        Args:
            seeds: A seed for each; ``None`` for none.
            **options: Options of the reset, the same for all.

        Returns:
            The first observation of each, or its error.

        Raises:
            ConfigurationError: There are more or fewer seeds than sessions.
        """
        return either(partial(self._reset_all, seeds, options))

    def step_all(self, actions: Sequence[Any]) -> Coroutine[Any, Any, list[Outcome]]:
        """Take one action in every session.

        Args:
            actions: An action for each; ``None`` leaves that session alone.

        Returns:
            The result of each, or its error; ``None`` where the action was ``None``.

        Raises:
            ConfigurationError: There are more or fewer actions than sessions.
        """
        return either(partial(self._step_all, actions))

    def sync(self) -> SyncPool:
        """The synchronous face of this pool."""
        return SyncPool(self)

    async def __aenter__(self) -> Self:
        return await self._connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    def __enter__(self) -> SyncPool:
        return self.sync().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sync().__exit__(kind, error, trace)

    async def _connect(self) -> Self:
        gate = asyncio.Semaphore(HANDSHAKES)
        failed = False

        async def enter(client: EnvClient[Any, Any, Any]) -> None:
            nonlocal failed
            async with gate:
                if failed:  # Those behind the gate would each wait for a slot, in vain.
                    return
                try:
                    await client._connect()
                except BaseException:
                    failed = True
                    raise

        try:
            # The first one alone: it starts the server that they may share; where it fails the others need not try.
            for clients in (self._clients[:1], self._clients[1:]):
                await _finish_all(map(enter, clients))
        except BaseException:
            await self._close()
            raise
        return self

    async def _close(self) -> None:
        await _finish_all(client._session.close() for client in self._clients)

    async def _reset_all(self, seeds: Sequence[int | None] | None, options: Mapping[str, Any]) -> list[Outcome]:
        chosen = [None] * len(self) if seeds is None else self._one_each(seeds, "seeds")
        each = [options if seed is None else {"seed": seed, **options} for seed in chosen]
        return await self._ask_all([(client, "reset", own) for client, own in zip(self, each, strict=True)])

    async def _step_all(self, actions: Sequence[Any]) -> list[Outcome]:
        given = self._one_each(actions, "actions")
        active = [index for index, action in enumerate(given) if action is not None]
        outcomes: list[Outcome] = [None] * len(self)
        results = await self._ask_all([(self._clients[index], "step", given[index]) for index in active])
        for index, result in zip(active, results, strict=True):
            outcomes[index] = result
        return outcomes

    def _one_each(self, values: Sequence[Any], what: str) -> list[Any]:
        if len(values) != len(self):
            raise ConfigurationError(
                f"{len(self)} sessions need as many {what}, got {len(values)}",
                hint=f"give one of the {what} for each session",
            )
        return list(values)

    async def _ask_all(self, questions: list[Question]) -> list[Outcome]:
        """Ask every client something at once; an error becomes the outcome of its own client."""
        loop = asyncio.get_running_loop()
        ready: list[tuple[int, tuple[Link, str, str | None]]] = []
        outcomes: list[Outcome] = [None] * len(questions)
        slow: list[int] = []
        for index, (client, kind, value) in enumerate(questions):
            link = client._session.link
            if link is None or link.loop is not loop or not client._plain:
                slow.append(index)
                continue
            try:
                body = client._write_action(value) if kind == "step" else client._codec.write(value)
                ready.append((index, (link, kind, body)))
            except OpenEnvError as error:
                outcomes[index] = error
        asking = ask_all([question for _, question in ready])
        if slow:
            replies, others = await asyncio.gather(asking, _gather(_ask(*questions[index]) for index in slow))
            for index, outcome in zip(slow, others, strict=True):
                outcomes[index] = outcome
        else:
            replies = await asking
        for (index, _), reply in zip(ready, replies, strict=True):
            outcomes[index] = _read(questions[index][0], reply)
        return outcomes


class SyncPool:
    """Plays a pool with plain calls, also where an event loop runs.

    Args:
        async_pool: The pool.
    """

    def __init__(self, async_pool: Pool) -> None:
        self._pool = async_pool

    def __len__(self) -> int:
        return len(self._pool)

    def __getitem__(self, index: int) -> Any:
        return self._pool[index].sync()

    def connect(self) -> Self:
        """Open all sessions; see :meth:`Pool.connect`."""
        run_blocking(self._pool._connect())
        return self

    def close(self) -> None:
        """End all sessions; see :meth:`Pool.close`."""
        run_blocking(self._pool._close())

    def reset_all(self, seeds: Sequence[int | None] | None = None, **options: Any) -> list[Outcome]:
        """Begin a fresh episode in every session; see :meth:`Pool.reset_all`."""
        return run_blocking(self._pool._reset_all(seeds, options))

    def step_all(self, actions: Sequence[Any]) -> list[Outcome]:
        """Take one action in every session; see :meth:`Pool.step_all`."""
        return run_blocking(self._pool._step_all(actions))

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def _finish_all(doing: Iterable[Awaitable[None]]) -> None:
    """Wait until all have ended, however they end; raise the first error."""
    for outcome in await asyncio.gather(*doing, return_exceptions=True):
        if outcome is not None:
            raise outcome


async def _gather(asking: Iterable[Awaitable[T]]) -> list[T]:
    return list(await asyncio.gather(*asking))


async def _ask(client: EnvClient[Any, Any, Any], kind: str, value: Any) -> Outcome:
    """Ask one client by its own methods."""
    try:
        outcome: Outcome = await (client.step(value) if kind == "step" else client.reset(**value))
    except OpenEnvError as error:
        return error
    return outcome


def _read(client: EnvClient[Any, Any, Any], reply: bytes | OpenEnvError) -> Outcome:
    if isinstance(reply, OpenEnvError):
        return reply
    try:
        return client._read_result(reply)
    except OpenEnvError as error:
        return error


def _siblings(client: EnvClient[Any, Any, Any], n: int) -> list[EnvClient[Any, Any, Any]]:
    """Make clients that share one server."""
    from openenv.providers.base import SharedProvider

    recipe = client._session.recipe
    shared = None if recipe.provider is None or recipe.base_url else SharedProvider(recipe.provider)
    return [client._sibling(shared) for _ in range(n)]


def _in_process(environment: type, n: int, options: Mapping[str, Any]) -> list[EnvClient[Any, Any, Any]]:
    """Make clients that play an environment in this process."""
    from openenv.client.direct import direct_recipe

    direct_recipe(environment, options, sessions=n)  # raises where n cannot live side by side
    return [EnvClient.in_process(environment, **options) for _ in range(n)]
