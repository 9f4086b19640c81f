"""Models become payloads, and payloads models: one JSON pass each way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json
from typing_extensions import NotRequired, TypedDict

from openenv.errors import InvalidResultError, RequestValidationError
from openenv.protocol.results import read_result
from openenv.types import Action, Observation, StepResult

_BESIDE = ("reward", "done", "metadata", "terminated", "truncated")
"""Fields of an observation that travel beside it."""


class Codec:
    """Writes what one class of clients sends, and reads what it gets.

    Args:
        observation_type: The class of the observations, or ``dict``.
        state_type: The class of the state, or ``dict``.
        action_type: The class of the actions; ``None`` where any will do.
    """

    def __init__(self, observation_type: Any, state_type: Any, action_type: Any = None) -> None:
        self._action_type = action_type
        self._observation_type = observation_type
        self._state_type = state_type
        self._modelled = _is_model(observation_type)
        self._one_pass = _payload_type(observation_type) if _is_plain(observation_type) else None
        self._state = TypeAdapter[Any](state_type)

    def write_action(self, action: Any) -> str:
        """Write an action.

        Args:
            action: An instance of the class of the actions, or a mapping.

        Returns:
            It as JSON.

        Raises:
            RequestValidationError: It is something else, an action of another environment say, or cannot be JSON.
        """
        if action.__class__ is not self._action_type and not _may_be_action(action, self._action_type):
            raise _no_action(action, self._action_type)
        return self.write(action)

    @staticmethod
    def write(value: Any) -> str:
        """Write an action, or the options of a reset.

        Args:
            value: A model, a mapping, or anything else that can be JSON.

        Returns:
            It as JSON.

        Raises:
            RequestValidationError: It cannot be JSON.
        """
        try:
            if isinstance(value, BaseModel):
                return value.__pydantic_serializer__.to_json(value).decode()
            return to_json(value).decode()
        except (PydanticSerializationError, ValueError, TypeError, RecursionError) as error:
            hint = "JSON has numbers, texts, lists and dicts"
            raise RequestValidationError(f"this cannot be sent as JSON: {error}", hint=hint) from error

    @staticmethod
    def read_object(body: bytes) -> dict[str, Any]:
        """Read a payload as it is.

        Raises:
            InvalidResultError: It is not a JSON object.
        """
        try:
            payload = from_json(body)
        except ValueError as error:
            raise InvalidResultError(f"the server's reply is not JSON: {error}") from error
        if not isinstance(payload, dict):
            raise InvalidResultError(f"the server's reply is not an object but {type(payload).__name__}")
        return payload

    @staticmethod
    def as_deployed(payload: dict[str, Any]) -> dict[str, Any]:
        """Lay a payload out as deployed servers do, for the hooks of existing clients.

        They have the metadata inside the observation as well as beside it.

        Args:
            payload: The data of a reply to reset or step, in either dialect.

        Returns:
            It in v1's layout.
        """
        if "terminated" not in payload:
            return payload
        metadata = payload.get("metadata") or {}
        if payload.get("truncated"):
            metadata = {**metadata, "truncated": True}
        observation = {**(payload.get("observation") or {}), "metadata": metadata}
        beside = {"metadata": metadata} if metadata else {}
        return {
            "observation": observation,
            "reward": payload.get("reward"),
            "done": payload.get("done", False),
            **beside,
        }

    def read_result(self, body: bytes) -> StepResult[Any]:
        """Read the payload of a reply to reset or step, in either dialect.

        Args:
            body: The payload.

        Returns:
            The result.

        Raises:
            InvalidResultError: It does not fit the class.
        """
        if self._one_pass is None:
            return self._read_in_steps(body)
        try:
            return _joined(self._one_pass.validate_json(body))
        except ValidationError:
            # Reading in steps takes some of what deployed servers send, and says of the rest what is wrong.
            return self._read_in_steps(body)

    def _read_in_steps(self, body: bytes) -> StepResult[Any]:
        payload = self.read_object(body)
        if not self._modelled:
            return _as_dict(payload)
        try:
            return read_result(payload, self._observation_type)
        except ValidationError as error:
            raise _misfit(error, self._observation_type) from error

    def read_state(self, body: bytes) -> Any:
        """Read the payload of a reply to state; raises :class:`InvalidResultError` where it does not fit the class."""
        try:
            return self._state.validate_json(body)
        except ValidationError as error:
            raise _misfit(error, self._state_type) from error


@lru_cache(maxsize=256)
def codec_of(observation_type: Any, state_type: Any, action_type: Any) -> Codec:
    """The codec of an environment's classes, made once."""
    return Codec(observation_type, state_type, action_type)


def _may_be_action(value: Any, action_type: Any) -> bool:
    if isinstance(value, Mapping) or (is_dataclass(value) and not isinstance(value, type)):
        return True
    if not isinstance(value, BaseModel) or not _is_model(action_type):
        return isinstance(value, BaseModel)
    # One class may have been imported under two names of its module: then its own name tells.
    return isinstance(value, action_type) or type(value).__name__ == action_type.__name__


def _no_action(value: Any, action_type: Any) -> RequestValidationError:
    given = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
    if not _is_model(action_type):
        hint = "/schema of the server says what an action may hold"
        return RequestValidationError(f"step takes a dict or a model, not {given}", hint=hint)
    own = [name for name in action_type.model_fields if name not in Action.model_fields]
    hint = f"its fields are {', '.join(own)}" if own else "it has no fields"
    return RequestValidationError(f"step takes {action_type.__name__}(…) or a dict, not {given}", hint=hint)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_plain(kind: Any) -> bool:
    """Whether nothing in the class looks at what travels beside an observation, so that it can be filled in after."""
    if not (isinstance(kind, type) and issubclass(kind, Observation)):
        return False
    checks = kind.__pydantic_decorators__
    checked = {name for each in checks.field_validators.values() for name in each.info.fields}
    if checks.model_validators or checked & {*_BESIDE, "*"}:
        return False
    if kind.model_post_init is not Observation.model_post_init or kind.__init__ is not Observation.__init__:
        return False
    return all(repr(kind.model_fields[name]) == repr(Observation.model_fields[name]) for name in _BESIDE)


def _payload_type(kind: Any) -> TypeAdapter[Any]:
    fields = {
        "observation": kind,
        "reward": NotRequired[bool | int | float | None],
        "done": NotRequired[bool],
        "terminated": NotRequired[bool | None],
        "truncated": NotRequired[bool],
        "metadata": NotRequired[dict[str, Any] | None],
    }
    return TypeAdapter(TypedDict("payload", fields))  # type: ignore[operator]


def _joined(data: dict[str, Any]) -> StepResult[Any]:
    """Put what travelled beside an observation into it, without validating all of it again."""
    observation = data["observation"]
    metadata = data.get("metadata") or observation.metadata
    truncated = data.get("truncated", metadata.get("truncated") is True)
    reward, done, terminated = data.get("reward"), data.get("done", False), data.get("terminated")
    result = StepResult(observation, reward, done, metadata, terminated=terminated, truncated=truncated)
    observation.__dict__.update(
        reward=reward, done=result.done, metadata=metadata, terminated=result.terminated, truncated=result.truncated
    )
    observation.__pydantic_fields_set__.update(_BESIDE)
    return result


def _as_dict(payload: dict[str, Any]) -> StepResult[Any]:
    """Read a payload whose observation has no class."""
    own = payload.get("observation") or {}
    inside = {"metadata": own["metadata"]} if "metadata" in own else {}
    result: StepResult[Any] = read_result({**payload, "observation": inside}, Observation)
    result.observation = {name: value for name, value in own.items() if name != "metadata"}
    return result


def _misfit(error: ValidationError, kind: Any) -> InvalidResultError:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    where = ".".join(map(str, problems[0]["loc"])) or "the payload"
    message = f"the server's reply does not fit {getattr(kind, '__name__', kind)}: {where}: {problems[0]['msg']}"
    return InvalidResultError(message, {"errors": problems}, hint="client and server may have different versions")
