from typing import Any

from twin import Walker


class Twin(Walker):
    def step(self, action: Any) -> Any:
        return super().step(action)
