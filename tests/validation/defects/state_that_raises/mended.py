from typing import Any

from twin import Walker

from openenv.types import State


class Twin(Walker):
    taken = 0

    def act(self, action: Any) -> Any:
        self.taken += 1
        return super().act(action)

    @property
    def state(self) -> State:
        return State(**self.books.model_dump(), speed=self.place / max(1, self.taken))
