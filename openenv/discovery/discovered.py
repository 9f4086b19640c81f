"""A client whose class is not known before it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from openenv.client.client import EnvClient
from openenv.generics import declared
from openenv.types import StepResult

if TYPE_CHECKING:
    from typing_extensions import Self

AnyClientClass = type[EnvClient[Any, Any, Any]]


class DiscoveredEnvClient(EnvClient[dict[str, Any], dict[str, Any], dict[str, Any]]):
    """Finds its class when it is first used, and is of that class from then on.

    Args:
        find: Finds the class; called with this client once its server runs, in a thread.
        **options: Arguments of the client.
    """

    def __init__(self, find: Callable[[EnvClient[Any, Any, Any]], AnyClientClass], **options: Any) -> None:
        super().__init__(**options)
        self._find = find
        self._plain = False  # before any call goes the short way

    async def _become(self) -> None:
        """Open the session, and take on the class; does nothing where both has happened."""
        await self._session.open()
        try:
            found = await asyncio.get_running_loop().run_in_executor(None, self._find, self)
        except BaseException:
            await self._session.close()
            raise
        self.__class__ = found  # type: ignore[assignment]  # its methods are those of the found class now
        self._play(declared(found, EnvClient))

    async def __aenter__(self) -> Self:
        await self._become()
        return self

    async def _connect(self) -> Self:
        await self._become()
        return self

    async def _reset(self, options: dict[str, Any]) -> StepResult[Any]:
        await self._become()
        return await self._reset(options)

    async def _step(self, action: Any, timeout_s: float | None) -> StepResult[Any]:
        await self._become()
        return await self._step(action, timeout_s)

    async def _state(self) -> Any:
        await self._become()
        return await self._state()
