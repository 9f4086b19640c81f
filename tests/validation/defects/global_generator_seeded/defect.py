import random
from typing import Any

from twin import Walker


class Twin(Walker):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        random.seed(seed)
        return super().reset(seed, episode_id)

    def act(self, action: Any) -> Any:
        self.treasure = random.randrange(1, 10)
        return super().act(action)
