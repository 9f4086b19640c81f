from typing import Any

from twin import Walker


class Twin(Walker):
    def begin(self) -> Any:
        self.place, self.treasure = 0, self.random.randrange(1, 10)
        return self.see()
