from typing import Any

from twin import SIZE, Walker

from openenv.types import State


class Twin(Walker):
    luck = 0.0

    def act(self, action: Any) -> Any:
        self.treasure = self.random.randrange(1, SIZE)
        self.luck = self.random.random()
        return super().act(action)

    @property
    def state(self) -> State:
        return State(**self.books.model_dump(), luck=self.luck)
