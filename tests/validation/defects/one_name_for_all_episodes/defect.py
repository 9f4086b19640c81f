from typing import Any
from uuid import uuid4

from twin import Walker


class Twin(Walker):
    def __init__(self) -> None:
        super().__init__()
        self.name = str(uuid4())

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        return super().reset(seed, episode_id or self.name)
