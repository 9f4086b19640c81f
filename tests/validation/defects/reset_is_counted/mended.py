from typing import Any

from twin import Walker


class Twin(Walker):
    def begin(self) -> Any:
        return super().begin()
