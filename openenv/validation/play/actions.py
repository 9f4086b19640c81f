"""Actions for an environment about which nothing is known but its schema and what it shows."""

from __future__ import annotations

from random import Random
from typing import Any

from openenv.validation.json_schema import misfits
from openenv.validation.play.values import ValueMaker

LEGAL_ACTIONS = "legal_actions"
"""The field of an observation that lists what is possible now, where an environment has one."""

_BESIDE = ("metadata",)


class ActionMaker:
    """Makes actions, the same ones for the same seed and observations.

    Args:
        schema: The JSON Schema of the environment's actions.
        seed: Where choices begin; ``None`` for anywhere.
    """

    def __init__(self, schema: dict[str, Any], seed: int | str | None = 0) -> None:
        self._schema = schema
        self._random = Random(seed)
        self._values = ValueMaker(schema, self._random)

    def make(self, observation: dict[str, Any] | None = None) -> Any:
        """Make an action.

        Args:
            observation: What was seen last; one of its ``legal_actions`` is taken where it fits the schema,
                as a whole action or as the value of the first field that takes it.

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
            fields = self.fields_for(choice)
            if fields:
                return self.with_value(fields[0], choice)
        return self._values.make(leave_out=_BESIDE)

    def fields_for(self, value: Any) -> list[str]:
        """Name the fields that take a value: the required ones, or, where none of these does, the optional ones.

        Raises:
            CannotMake: No action can be made to try the value in.
        """
        action = self._values.make(leave_out=self._names)
        if not isinstance(action, dict):
            return []
        names = [name for name in self._names if name not in _BESIDE]
        taking = [name for name in names if not misfits(self._schema, {**action, name: value})]
        return [name for name in taking if name in self._required] or taking

    def with_value(self, field: str, value: Any) -> dict[str, Any]:
        """Make an action with this value in this field; other fields are filled in only where they are required.

        Raises:
            CannotMake: The schema is out of reach.
        """
        if self._required <= {field}:
            return {field: value}
        return {**self._values.make(leave_out=self._names), field: value}

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(self._schema.get("properties", ()))

    @property
    def _required(self) -> set[str]:
        return set(self._schema.get("required", ()))
