from collections import deque
from typing import Any

from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Twin(Walk, Environment[Move, Sight, State]):
    def begin(self) -> Any:
        self.place, self.trail = 0, deque([0], maxlen=100)
        return Sight()

    def act(self, action: Any) -> Any:
        self.place += 1 if action.way == "right" else -1
        self.trail.append(self.place)
        return Sight(place=self.place, reward=0.0)
