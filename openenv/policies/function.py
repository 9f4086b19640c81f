"""A plain function as a policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class FunctionPolicy:
    """Takes the actions that a function chooses. All sessions call the same function, each in its own thread.

    Args:
        function: Takes an observation, and returns an action or an awaitable of it.
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.act = function
