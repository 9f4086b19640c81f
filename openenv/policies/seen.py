"""What a policy sees, as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

_BESIDE = {"done", "reward", "metadata"}
"""Fields of a typed observation that travel beside it."""


def as_json(observation: Any) -> Any:
    """Write an observation as JSON values.

    Args:
        observation: A model, or values that JSON can say.

    Returns:
        It without reward, ending and metadata; numbers that are not finite are words.
    """
    if isinstance(observation, BaseModel):
        return observation.model_dump(mode="json", exclude=_BESIDE)
    return to_jsonable_python(observation, inf_nan_mode="strings")
