"""One sandbox for many tests, empty at the beginning of each."""

from __future__ import annotations

import pytest

from openenv.sandbox import Limits, Sandbox


@pytest.fixture(scope="module")
def shared():
    with Sandbox(Limits(time_s=20.0, memory_mb=512, output_bytes=10_000)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared):
    shared.restart()
    return shared
