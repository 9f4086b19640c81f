from typing import Any

from twin import Walker


class Twin(Walker):
    def step(self, action: Any) -> Any:
        if self.place == self.treasure:
            return self.see(0.0)
        return super().step(action)
