from typing import Any

from twin import Walker


class Twin(Walker):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        return super().reset(seed, episode_id)
