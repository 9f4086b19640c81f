from typing import Any

from twin import Walker

BOARDS: dict[int, list[int]] = {}


class Twin(Walker):
    def begin(self) -> Any:
        BOARDS[id(self)] = list(range(11))
        return super().begin()

    def act(self, action: Any) -> Any:
        seen = super().act(action)
        seen.place = BOARDS[id(self)][self.place]
        return seen

    def close(self) -> None:
        BOARDS.pop(id(self), None)
