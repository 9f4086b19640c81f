from typing import Any, Literal

from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Saying(Move):
    size: Literal["small", "large", "huge"] = "small"


class Twin(Walk, Environment[Saying, Sight, State]):
    def act(self, action: Any) -> Any:
        self.treasure = {"small": 1, "large": 2}[action.size]
        return super().act(action)
