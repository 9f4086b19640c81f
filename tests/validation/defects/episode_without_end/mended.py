from typing import Any

from twin import Walker


class Twin(Walker):
    def see(self, reward: float | None = None) -> Any:
        seen = super().see(reward)
        seen.done, seen.truncated = False, self.books.step_count >= 29
        return seen
