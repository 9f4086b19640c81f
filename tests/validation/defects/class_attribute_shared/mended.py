from typing import Any

from twin import Walker


class Twin(Walker):
    def begin(self) -> Any:
        seen = super().begin()
        self.place = 0
        return seen

    def act(self, action: Any) -> Any:
        self.place = max(0, min(10, self.place + (1 if action.way == "right" else -1)))
        return self.see(1.0 if self.place == self.treasure else 0.0)

    def see(self, reward: float | None = None) -> Any:
        return super().see(reward)
