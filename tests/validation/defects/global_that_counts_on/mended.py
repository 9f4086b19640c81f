from typing import Any

from twin import Walker

COUNTER = {"steps": 0}


class Twin(Walker):
    def act(self, action: Any) -> Any:
        self.treasure = 1 + self.books.step_count // 3
        return super().act(action)
