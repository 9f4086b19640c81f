from typing import Any

from twin import Walker

from openenv.errors import InvalidActionError


class Twin(Walker):
    def act(self, action: Any) -> Any:
        if action.way == "left" and self.place == 0:
            raise InvalidActionError("there is a wall")
        self.treasure = self.random.randrange(1, 10)
        return super().act(action)
