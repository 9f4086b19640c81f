from random import Random
from typing import Any

from twin import SIZE, Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Twin(Walk, Environment[Move, Sight, State]):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        self.dice = Random(seed)
        return super().reset(seed, episode_id)

    def act(self, action: Any) -> Any:
        self.treasure = self.dice.randrange(SIZE)
        return super().act(action)
