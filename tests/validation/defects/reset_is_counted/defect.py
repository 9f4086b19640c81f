from typing import Any

from twin import Walker


class Twin(Walker):
    def begin(self) -> Any:
        self.books.step_count += 1
        return super().begin()
