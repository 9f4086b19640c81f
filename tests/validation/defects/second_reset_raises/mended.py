from typing import Any

from twin import Walker


class Twin(Walker):
    def begin(self) -> Any:
        self.place = 0
        return super().begin()
