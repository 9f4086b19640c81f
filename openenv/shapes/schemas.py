"""What a server says that it takes and gives."""

from __future__ import annotations

from typing import Any, NamedTuple


class Schemas(NamedTuple):
    """The JSON Schemas of an environment's models.

    Attributes:
        action: That of its actions.
        observation: That of its observations.
        state: That of its states; empty where the server does not say.
    """

    action: dict[str, Any]
    observation: dict[str, Any]
    state: dict[str, Any]
