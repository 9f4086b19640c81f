from typing import Any

from twin import Walker

WORLD = {"wind": 0}


class Twin(Walker):
    wind = WORLD["wind"]

    def begin(self) -> Any:
        self.wind = WORLD["wind"]
        return super().begin()

    def act(self, action: Any) -> Any:
        self.wind += 1
        self.treasure = 1 + self.wind % 9
        return super().act(action)
