from typing import Any

import numpy as np
from twin import Walker


class Twin(Walker):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        np.random.seed(seed)
        return super().reset(seed, episode_id)

    def act(self, action: Any) -> Any:
        self.treasure = int(np.random.randint(1, 10))
        return super().act(action)
