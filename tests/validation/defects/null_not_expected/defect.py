from typing import Any

from pydantic import Field
from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Saying(Move):
    note: str | None = Field(default="", max_length=50)


class Twin(Walk, Environment[Saying, Sight, State]):
    def act(self, action: Any) -> Any:
        self.treasure = 1 + len(action.note) % 9
        return super().act(action)
