from typing import Any

from pydantic import Field
from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Saying(Move):
    word: str = Field(default="hello", max_length=200)


class Twin(Walk, Environment[Saying, Sight, State]):
    def act(self, action: Any) -> Any:
        self.length = len(action.word)
        return super().act(action)

    def see(self, reward: float | None = None) -> Any:
        return super().see(None if reward is None else min(1.0, self.length / 100))
