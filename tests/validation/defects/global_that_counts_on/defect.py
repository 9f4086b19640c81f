from typing import Any

from twin import Walker

COUNTER = {"steps": 0}


class Twin(Walker):
    def act(self, action: Any) -> Any:
        COUNTER["steps"] += 1
        self.treasure = 1 + COUNTER["steps"] // 3
        return super().act(action)
