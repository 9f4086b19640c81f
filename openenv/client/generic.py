"""A client without models: dicts in, dicts out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from openenv.client.client import EnvClient

if TYPE_CHECKING:
    from typing_extensions import Self


class GenericEnvClient(EnvClient[dict[str, Any], dict[str, Any], dict[str, Any]]):
    """Plays any environment without its package: actions, observations and states are dicts.

    Pydantic models are taken as actions too. What travels beside an observation (reward, done,
    metadata …) stands in the result, not in the dict.
    """

    @classmethod
    def beside(cls, client: EnvClient[Any, Any, Any]) -> Self:
        """Make a client that plays a session of its own where another client plays.

        Args:
            client: The other one; while it is connected, the server that its provider started is used too.

        Returns:
            The client.
        """
        recipe = client._session.recipe
        if client._session.link is not None and client.base_url is not None:
            recipe = replace(recipe, base_url=client.base_url, provider=None, headers=client._session.headers)
        twin = cls.__new__(cls)
        twin._mode = client._mode
        twin._begin(recipe, (dict, dict, dict))
        return twin


class GenericAction(dict[str, Any]):
    """An action as a dict, written like a call: ``GenericAction(message="hello")``."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(fields)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.items())
        return f"GenericAction({fields})"
