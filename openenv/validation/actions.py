"""Actions for an environment about which nothing is known but its schema and what it shows."""

from __future__ import annotations

from random import Random
from typing import Any

from openenv.validation.json_schema import misfits
from openenv.validation.values import ValueMaker

LEGAL_ACTIONS = "legal_actions"
"""The field of an observation that lists what is possible now, where an environment has one."""

_BESIDE = ("metadata",)


class ActionMaker:
    """Makes actions, the same ones for the same seed and observations.

    Args:
        schema: The JSON Schema of the environment's actions.
        seed: Where choices begin.
    """

    def __init__(self, schema: dict[str, Any], seed: int = 0) -> None:
        self._schema = schema
        self._random = Random(seed)
        self._values = ValueMaker(schema, self._random)

    def make(self, observation: dict[str, Any] | None = None) -> Any:
        """Make an action.

        Args:
            observation: What was seen last; one of its ``legal_actions`` is taken where it fits the schema,
                as a whole action or as the value of one of its fields.

        Returns:
            The action, as JSON values.

        Raises:
            CannotMake: The schema is out of reach.
        """
        legal = (observation or {}).get(LEGAL_ACTIONS)
        if isinstance(legal, list) and legal:
            choice = self._random.choice(legal)
            if isinstance(choice, dict) and not misfits(self._schema, choice):
                return choice
            return self._with(choice)
        return self._values.make(leave_out=_BESIDE)

    def _with(self, choice: Any) -> Any:
        """Make an action with a legal value in the first field that takes it, required fields before others."""
        action = self._values.make(leave_out=_BESIDE)
        if not isinstance(action, dict):
            return action
        required = self._schema.get("required", ())
        fields = sorted(self._schema.get("properties", {}), key=lambda name: name not in required)
        filled = ({**action, name: choice} for name in fields if name not in _BESIDE)
        return next((one for one in filled if not misfits(self._schema, one)), action)
