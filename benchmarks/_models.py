"""What travels in every benchmark: a small action, and an observation of 50 floats."""

from __future__ import annotations

from pydantic import Field

from openenv.core.env_server.types import Action, Observation, State

FLOATS = [index * 0.37 for index in range(50)]


class FloatsAction(Action):
    """A number to add."""

    amount: int = 1


class FloatsObservation(Observation):
    """Fifty floats."""

    values: list[float] = Field(default_factory=list)


__all__ = ["FLOATS", "FloatsAction", "FloatsObservation", "State"]
