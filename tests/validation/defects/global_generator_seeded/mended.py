import random
from typing import Any

from twin import Walker


class Twin(Walker):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        self.chance = random.Random(seed)
        return super().reset(seed, episode_id)

    def act(self, action: Any) -> Any:
        self.treasure = self.chance.randrange(1, 10)
        return super().act(action)
