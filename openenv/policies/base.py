"""What a policy is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from openenv.errors import OpenEnvError


class PolicyError(OpenEnvError, RuntimeError):
    """A policy cannot say what to do."""


@runtime_checkable
class Policy(Protocol):
    """Chooses actions.

    A policy may also have ``reset(seed)``, which is called before each episode with its seed (``None``
    where it has none), so that what it draws at random is the same for the same seed; and ``close()``, which
    is called when it has played its last one. All three may be coroutine functions.
    """

    def act(self, observation: Any) -> Any:
        """Choose an action.

        Args:
            observation: What the environment shows, as the client gives it: a model, or a dict.

        Returns:
            The action, as a model or a dict; or an awaitable of it.
        """
        ...


PolicyFactory = Callable[[], Policy]
"""Makes a policy; called once for each session, so that sessions share nothing."""


async def begin(policy: Policy, seed: int | None) -> None:
    """Tell a policy that an episode begins, if it wants to know.

    Args:
        policy: The policy.
        seed: The episode's seed.
    """
    reset = getattr(policy, "reset", None)
    if reset is not None:
        await settled(reset(seed))


async def end(policy: Policy) -> None:
    """Tell a policy that it has played its last episode, if it wants to know."""
    close = getattr(policy, "close", None)
    if close is not None:
        await settled(close())


async def settled(value: Any) -> Any:
    """Wait for a value, where it is not there yet."""
    return await value if inspect.isawaitable(value) else value
