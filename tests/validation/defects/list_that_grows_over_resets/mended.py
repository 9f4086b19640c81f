from typing import Any

from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Trail(Sight):
    visited: list[int] = []


class Twin(Walk, Environment[Move, Trail, State]):
    def __init__(self) -> None:
        super().__init__()
        self.visited: list[int] = []

    def begin(self) -> Any:
        self.visited = []
        return super().begin()

    def see(self, reward: float | None = None) -> Any:
        self.visited.append(self.place)
        return Trail(visited=self.visited[-3:], place=self.place, reward=reward, done=bool(reward))
