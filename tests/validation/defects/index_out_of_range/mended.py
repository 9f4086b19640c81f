from typing import Any

from pydantic import Field
from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Saying(Move):
    index: int = Field(default=0, ge=0, lt=5)


class Twin(Walk, Environment[Saying, Sight, State]):
    def act(self, action: Any) -> Any:
        self.treasure = [1, 2, 3, 4, 5][action.index]
        return super().act(action)
