from typing import Any

from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Hurry(Sight):
    """How many steps there are, too."""

    time_left: int = 0


class Twin(Walk, Environment[Move, Hurry, State]):
    left = 500

    def begin(self) -> Any:
        self.left = 500
        return super().begin()

    def see(self, reward: float | None = None) -> Any:
        self.left -= 1
        done = bool(reward)
        return Hurry(place=self.place, treasure=self.treasure, time_left=self.left, reward=reward, done=done)
