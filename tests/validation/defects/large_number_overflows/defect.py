import math
from typing import Any

from pydantic import Field
from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Saying(Move):
    force: float = Field(default=1.0, allow_inf_nan=False)


class Twin(Walk, Environment[Saying, Sight, State]):
    def act(self, action: Any) -> Any:
        self.treasure = 1 + int(math.exp(action.force)) % 9
        return super().act(action)
