from typing import Any

from twin import Walker

from openenv.types import State


class Twin(Walker):
    def begin(self) -> Any:
        self.books = State(episode_id=self.books.episode_id)
        return super().begin()
