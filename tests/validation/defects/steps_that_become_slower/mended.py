from typing import Any

from twin import Walker


class Twin(Walker):
    def __init__(self) -> None:
        super().__init__()
        self.places: list[int] = []

    def act(self, action: Any) -> Any:
        self.places = [self.place] * 100
        self.place = self.place if sum(self.places) >= 0 else 0
        return super().act(action)
