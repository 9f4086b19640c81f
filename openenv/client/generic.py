"""A client without models: dicts in, dicts out."""

from __future__ import annotations

from typing import Any

from openenv.client.client import EnvClient


class GenericEnvClient(EnvClient[dict[str, Any], dict[str, Any], dict[str, Any]]):
    """Plays any environment without its package: actions, observations and states are dicts.

    Pydantic models are taken as actions too. What travels beside an observation (reward, done,
    metadata …) stands in the result, not in the dict.
    """


class GenericAction(dict[str, Any]):
    """An action as a dict, written like a call: ``GenericAction(message="hello")``."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(fields)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.items())
        return f"GenericAction({fields})"
