"""What a server says that it takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Schemas:
    """JSON Schemas.

    Attributes:
        action: Its actions.
        observation: What a step returns.
        state: Its state.
        reset_observation: What a reset returns.
    """

    action: dict[str, Any]
    observation: dict[str, Any]
    state: dict[str, Any]
    reset_observation: dict[str, Any]
