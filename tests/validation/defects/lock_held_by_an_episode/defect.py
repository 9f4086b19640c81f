import threading
from typing import Any

from twin import Walker

LOCK = threading.Lock()


class Twin(Walker):
    holds = False

    def begin(self) -> Any:
        if not self.holds:
            self.holds = LOCK.acquire()
        return super().begin()

    def close(self) -> None:
        if self.holds:
            LOCK.release()
