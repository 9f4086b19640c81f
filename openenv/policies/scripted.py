"""Plays what was written down before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openenv.policies.base import PolicyError


class ScriptedPolicy:
    """Takes the same actions in each episode, whatever it sees.

    Args:
        actions: The actions, first one first.
    """

    def __init__(self, actions: Iterable[Any]) -> None:
        self._actions = list(actions)
        self._taken = 0

    def __repr__(self) -> str:
        return f"ScriptedPolicy({self._actions!r})"

    def reset(self, seed: int | None) -> None:
        """Go back to the first action; the seed changes nothing."""
        self._taken = 0

    def act(self, observation: Any) -> Any:
        """Return the next action.

        Args:
            observation: Not looked at.

        Raises:
            PolicyError: There are no more, and the episode goes on.
        """
        if self._taken == len(self._actions):
            raise PolicyError(
                f"the episode goes on after all {self._taken} actions of the script",
                hint="write more actions, or play at most that many steps",
            )
        self._taken += 1
        return self._actions[self._taken - 1]
