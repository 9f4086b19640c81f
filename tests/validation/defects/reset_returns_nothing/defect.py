from typing import Any

from twin import Walker


class Twin(Walker):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        seen = super().reset(seed, episode_id)
        return seen if seed is not None else None
