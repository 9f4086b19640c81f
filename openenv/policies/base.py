"""What a policy is."""

from __future__ import annotations

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
    is called when it has played its last one. All three may be coroutine functions; plain ones are called in a
    thread of the session's own, in which the policy was made.
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
