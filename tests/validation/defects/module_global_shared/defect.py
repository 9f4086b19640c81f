from typing import Any

from twin import Walker

WORLD = {"wind": 0}


class Twin(Walker):
    def begin(self) -> Any:
        WORLD["wind"] = 0
        return super().begin()

    def act(self, action: Any) -> Any:
        WORLD["wind"] += 1
        self.treasure = 1 + WORLD["wind"] % 9
        return super().act(action)
