from typing import Any

from twin import Walker


class Twin(Walker):
    found = False

    def act(self, action: Any) -> Any:
        seen = super().act(action)
        seen.reward = 0.0 if self.found else seen.reward
        self.found = self.found or bool(seen.done)
        return seen
