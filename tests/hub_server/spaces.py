"""What became of each Space."""

from __future__ import annotations

from .repository import Repository
from .storage import Storage


class Spaces:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def build(self, repository: Repository) -> None:
        pass

    def forget(self, repository: Repository) -> None:
        pass
