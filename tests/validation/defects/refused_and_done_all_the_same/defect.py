from typing import Any

from twin import Walker

from openenv.errors import InvalidActionError


class Twin(Walker):
    def act(self, action: Any) -> Any:
        self.treasure = max(1, self.treasure - 1) if self.place else self.treasure + 1
        if action.way == "left" and self.place == 0:
            raise InvalidActionError("there is a wall")
        return super().act(action)
