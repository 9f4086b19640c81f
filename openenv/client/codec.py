"""Models become payloads, and payloads models: one JSON pass each way."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json
from typing_extensions import NotRequired, TypedDict

from openenv.errors import InvalidResultError, RequestValidationError
from openenv.protocol.results import read_result
from openenv.types import Observation, StepResult

_BESIDE = ("reward", "done", "metadata", "terminated", "truncated")
"""Fields of an observation that travel beside it."""


class Codec:
    """Writes what one class of clients sends, and reads what it gets.

    Args:
        observation_type: The class of the observations, or ``dict``.
        state_type: The class of the state, or ``dict``.
    """

    def __init__(self, observation_type: Any, state_type: Any) -> None:
        self._observation_type = observation_type
        self._state_type = state_type
        self._modelled = isinstance(observation_type, type) and issubclass(observation_type, BaseModel)
        self._one_pass = _payload_type(observation_type) if _is_plain(observation_type) else None
        self._state = TypeAdapter[Any](state_type)

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
            raise RequestValidationError(f"this cannot be sent as JSON: {error}") from error

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
        if self._one_pass is not None:
            try:
                return _joined(self._one_pass.validate_json(body))
            except ValidationError:
                pass  # the longer way says what is wrong, if anything is
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
def codec_of(observation_type: Any, state_type: Any) -> Codec:
    """The codec of two classes, made once."""
    return Codec(observation_type, state_type)


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
