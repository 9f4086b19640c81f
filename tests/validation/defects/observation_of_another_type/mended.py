from typing import Any

from twin import Sight, Walker


class Twin(Walker):
    def see(self, reward: float | None = None) -> Any:
        return Sight(place=self.place, treasure=self.treasure, reward=reward, done=bool(reward))
