import time
from random import Random
from typing import Any

from twin import Walker


class Twin(Walker):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        return super().reset(Random(time.time_ns()).randrange(2**32) if seed is None else seed, episode_id)
