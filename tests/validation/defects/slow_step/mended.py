import time
from typing import Any

from twin import Walker


class Twin(Walker):
    def act(self, action: Any) -> Any:
        time.sleep(0)
        return super().act(action)
