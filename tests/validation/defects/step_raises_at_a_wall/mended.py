from typing import Any

from twin import Walker


class Twin(Walker):
    def act(self, action: Any) -> Any:
        return super().act(action)
