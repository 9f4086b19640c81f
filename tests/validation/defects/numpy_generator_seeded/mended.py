from typing import Any

import numpy as np
from twin import Walker


class Twin(Walker):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        self.chance = np.random.default_rng(seed)
        return super().reset(seed, episode_id)

    def act(self, action: Any) -> Any:
        self.treasure = int(self.chance.integers(1, 10))
        return super().act(action)
