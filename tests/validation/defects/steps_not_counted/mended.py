from typing import Any

from twin import Walker


class Twin(Walker):
    def step(self, action: Any) -> Any:
        self.books.step_count += 1
        return self.act(action)
