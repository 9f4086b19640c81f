"""One method for code with an event loop and for code without."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def in_event_loop() -> bool:
    """Whether an event loop runs in this thread; asyncio is not loaded to find out."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def either(call: Callable[[], Coroutine[Any, Any, T]]) -> Coroutine[Any, Any, T]:
    """Return a coroutine where a loop runs; block and return its result where none does."""
    if in_event_loop():
        return call()
    from openenv.client.background import run_blocking

    outcome: Any = run_blocking(call())
    return outcome  # type: ignore[no-any-return]
