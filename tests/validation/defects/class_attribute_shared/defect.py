from typing import Any

from twin import Walker


class Twin(Walker):
    def begin(self) -> Any:
        seen = super().begin()
        Twin.place = 0
        del self.place
        return seen

    def act(self, action: Any) -> Any:
        Twin.place = max(0, min(10, Twin.place + (1 if action.way == "right" else -1)))
        return self.see(1.0 if Twin.place == self.treasure else 0.0)

    def see(self, reward: float | None = None) -> Any:
        return super().see(reward)
