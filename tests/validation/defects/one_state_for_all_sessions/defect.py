from typing import Any

from twin import Walker

from openenv.types import State


class Twin(Walker):
    kept = State()

    def begin(self) -> Any:
        Twin.kept.step_count, Twin.kept.episode_id = 0, self.books.episode_id
        self.books = Twin.kept
        return super().begin()
