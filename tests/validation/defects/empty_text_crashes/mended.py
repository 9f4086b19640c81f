from typing import Any

from pydantic import Field
from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Saying(Move):
    word: str = Field(default="hello", max_length=200)


class Twin(Walk, Environment[Saying, Sight, State]):
    def act(self, action: Any) -> Any:
        self.treasure = 1 + ord(action.word[:1] or "a") % 9
        return super().act(action)
