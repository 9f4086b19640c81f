"""Plays at random."""

from __future__ import annotations

from random import Random
from typing import Any

from pydantic import BaseModel

from openenv.policies.base import PolicyError
from openenv.validation.check import NotChecked
from openenv.validation.json_schema import misfits
from openenv.validation.play.actions import LEGAL_ACTIONS, ActionMaker
from openenv.validation.play.values import CannotMake


class RandomPolicy:
    """Takes one of the observation's ``legal_actions``, or else any action that the schema allows.

    A legal action may be a whole action, or the value of one field: of the one required field that takes
    it, or, where no required field does, of the one optional field. The other required fields are filled
    in from the schema, the other optional ones are left out. The same seed gives the same actions.

    Args:
        action: The class of the actions, or their JSON Schema; from a class come instances, from a
            schema dicts.
        field: The field that takes a legal action, where more than one could.
    """

    def __init__(self, action: type[BaseModel] | dict[str, Any], *, field: str | None = None) -> None:
        self._model = action if isinstance(action, type) else None
        self._schema = action if isinstance(action, dict) else action.model_json_schema()
        self._field = field
        self._found: dict[type, str] = {}
        self.reset(0)

    def __repr__(self) -> str:
        return f"RandomPolicy({self._schema.get('title')}, field={self._field!r})"

    def reset(self, seed: int | None) -> None:
        """Begin an episode.

        Args:
            seed: Where choices begin; ``None`` for anywhere.
        """
        # Environments draw from Random(seed) themselves: this must not foretell what they hide.
        self._random = Random(None if seed is None else f"random policy {seed}: choices")
        self._maker = ActionMaker(self._schema, None if seed is None else f"random policy {seed}: values")

    def act(self, observation: Any) -> Any:
        """Choose an action.

        Args:
            observation: What the environment shows.

        Returns:
            The action.

        Raises:
            PolicyError: None can be made, or it is not clear which field takes a legal action.
        """
        try:
            chosen = self._choose(_legal_actions(observation))
        except (CannotMake, NotChecked) as error:
            raise PolicyError(f"no action can be made from the schema: {error}") from error
        return chosen if self._model is None else self._model.model_validate(chosen)

    def _choose(self, legal: Any) -> Any:
        if not isinstance(legal, (list, tuple)) or not legal:
            return self._maker.make()
        choice = self._random.choice(legal)
        if isinstance(choice, BaseModel):
            choice = choice.model_dump(mode="json")
        if isinstance(choice, dict) and not misfits(self._schema, choice):
            return choice
        if self._field is None and type(choice) not in self._found:
            self._found[type(choice)] = self._only_field(choice)
        return self._maker.with_value(self._field or self._found[type(choice)], choice)

    def _only_field(self, choice: Any) -> str:
        fields = self._maker.fields_for(choice)
        if len(fields) == 1:
            return fields[0]
        what = f"fields that take it: {', '.join(fields)}" if fields else "no field that takes it"
        raise PolicyError(
            f"{choice!r} is a legal action, but an action has {what}",
            {"fields": fields},
            hint='say which: RandomPolicy(…, field="…"), or write a policy of your own',
        )


def _legal_actions(observation: Any) -> Any:
    if isinstance(observation, dict):
        return observation.get(LEGAL_ACTIONS)
    return getattr(observation, LEGAL_ACTIONS, None)
