from __future__ import annotations

from collections.abc import Iterator

import gymnasium
import pytest


@pytest.fixture(scope="module", autouse=True)
def registry() -> Iterator[None]:
    """What a module's tests add to Gymnasium's registry is gone after them."""
    before = dict(gymnasium.registry)
    yield
    gymnasium.registry.clear()
    gymnasium.registry.update(before)
