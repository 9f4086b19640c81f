"""What the small environments of the corpus have in common: everything that is right about them."""

from __future__ import annotations

from random import Random
from typing import Any, Literal
from uuid import uuid4

from openenv.environment import Environment
from openenv.errors import InvalidActionError
from openenv.types import Action, Observation, State

SIZE = 10


class Move(Action):
    """A step along a line."""

    way: Literal["left", "right"] = "right"


class Sight(Observation):
    """Where the walker is, and where the treasure lies."""

    place: int = 0
    treasure: int = 0


class Walk:
    """Keeps the books of an episode; what happens in it is :meth:`begin` and :meth:`act`."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        self.books = State()
        self.random = Random()
        self.place = self.treasure = 0
        self.over = False

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        self.books = State(episode_id=episode_id or str(uuid4()))
        self.random = Random(seed)
        self.over = False
        return self.begin()

    def step(self, action: Any) -> Any:
        if self.over:
            raise InvalidActionError("the episode is over")
        seen = self.act(action)
        self.over = seen.done
        self.books.step_count += 1
        return seen

    @property
    def state(self) -> State:
        return self.books

    def begin(self) -> Any:
        """Begin an episode."""
        self.place, self.treasure = 0, self.random.randrange(1, SIZE)
        return self.see()

    def act(self, action: Any) -> Any:
        """Take a step."""
        self.place = max(0, min(SIZE, self.place + (1 if action.way == "right" else -1)))
        return self.see(1.0 if self.place == self.treasure else 0.0)

    def see(self, reward: float | None = None) -> Any:
        """Look around."""
        return Sight(place=self.place, treasure=self.treasure, reward=reward, done=bool(reward))


class Walker(Walk, Environment[Move, Sight, State]):
    """Walks along a line until it finds the treasure."""
