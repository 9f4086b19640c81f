import threading
from typing import Any

from twin import Walker

LOCK = threading.Lock()


class Twin(Walker):
    def begin(self) -> Any:
        with LOCK:
            return super().begin()
