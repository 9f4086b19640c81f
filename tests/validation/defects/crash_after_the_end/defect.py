from typing import Any

from twin import Walker


class Twin(Walker):
    def step(self, action: Any) -> Any:
        self.over = False
        seen = super().step(action)
        self.treasure = None if seen.done else self.treasure
        return seen

    def act(self, action: Any) -> Any:
        if self.treasure is None:
            raise LookupError("no treasure")
        return super().act(action)
