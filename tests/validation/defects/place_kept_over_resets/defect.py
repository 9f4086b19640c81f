from typing import Any

from twin import Walker


class Twin(Walker):
    def begin(self) -> Any:
        self.treasure = self.random.randrange(1, 10)
        return self.see()
