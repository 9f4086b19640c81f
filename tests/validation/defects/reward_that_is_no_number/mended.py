from typing import Any

from twin import Walker


class Twin(Walker):
    def act(self, action: Any) -> Any:
        seen = super().act(action)
        seen.reward = 0.0 if self.place == 0 else seen.reward
        return seen
