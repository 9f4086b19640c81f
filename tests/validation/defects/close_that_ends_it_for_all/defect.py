from typing import Any

from twin import Walker

BOARDS: dict[int, list[int]] = {}


class Twin(Walker):
    def begin(self) -> Any:
        BOARDS[0] = list(range(11))
        return super().begin()

    def act(self, action: Any) -> Any:
        seen = super().act(action)
        seen.place = BOARDS.get(0, [0] * 11)[self.place]
        return seen

    def close(self) -> None:
        BOARDS.clear()
