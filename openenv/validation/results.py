"""The shape of what resets and steps return."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from openenv.validation.wording import brief


def misshapen(result: dict[str, Any], *, v2: bool) -> list[str]:
    """Say what is wrong with the shape of a result, whatever the environment.

    Args:
        result: The result as it came.
        v2: Whether it has to have what v2 adds.

    Returns:
        What is wrong, in one line each.
    """
    kinds: list[tuple[str, tuple[type, ...], str]] = [
        ("observation", (dict,), "an object"),
        ("done", (bool,), "a truth value"),
    ]
    if v2:
        kinds += [(name, (bool,), "a truth value") for name in ("terminated", "truncated")]
        kinds += [("metadata", (dict,), "an object"), ("reward", (int, float, type(None)), "a number or null")]
    wrong = []
    for name, expected, called in kinds:
        if name not in result:
            wrong.append(f"'{name}' is missing")
        elif not isinstance(result[name], expected):
            wrong.append(f"'{name}' is {brief(result[name])}, not {called}")
    return wrong


def whole_observation(result: dict[str, Any]) -> dict[str, Any]:
    """Put an observation together again from what travels inside it and beside it, for its schema."""
    beside = {name: result[name] for name in ("reward", "done", "metadata") if name in result}
    return {**beside, **result.get("observation", {})}


def is_finite_number(value: Any) -> TypeGuard[float]:
    """Say whether a value is a number that can be added up."""
    return isinstance(value, (int, float)) and math.isfinite(value)
