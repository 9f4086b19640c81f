from typing import Any

from twin import Walker


class Twin(Walker):
    kept: list[bytes] = []

    def begin(self) -> Any:
        self.kept.append(bytes(range(256)) * 500)
        return super().begin()
