import random
from typing import Any

from twin import SIZE, Walker


class Twin(Walker):
    def begin(self) -> Any:
        chance = random.Random(self.random.random())
        self.place, self.treasure = 0, chance.randrange(1, SIZE)
        return self.see()
