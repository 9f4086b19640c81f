from typing import Any

from twin import Walker


class Twin(Walker):
    def act(self, action: Any) -> Any:
        if action.way == "left" and self.place == 0:
            raise IndexError(self.place - 1)
        return super().act(action)
