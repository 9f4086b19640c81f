from typing import Any

from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Twin(Walk, Environment[Move, Sight, State]):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        self.key = (seed or 0).to_bytes(4, "big")
        return super().reset(seed, episode_id)
