from typing import Any

from twin import Walker

from openenv.errors import InvalidActionError


class Twin(Walker):
    def act(self, action: Any) -> Any:
        gust = self.random.randrange(1, 10)
        if action.way == "left" and self.place == 0:
            raise InvalidActionError("there is a wall")
        self.treasure = gust
        return super().act(action)
