from typing import Any

from twin import Walker


class Twin(Walker):
    def step(self, action: Any) -> Any:
        self.over = False
        if self.place == self.treasure:
            return self.see(1.0)
        return super().step(action)
