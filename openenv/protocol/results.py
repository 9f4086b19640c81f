"""Results: an observation becomes the ``data`` of a reply, and that data a :class:`StepResult` again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from openenv.errors import InvalidResultError
from openenv.protocol import Dialect
from openenv.protocol.faults import text_of
from openenv.types import Observation, StepResult, ending

ObsModel = TypeVar("ObsModel", bound=BaseModel)

_V1 = Dialect.V1  # on the way of every step, where reaching a member of an enum costs more than comparing it
_BESIDE_V1 = {"reward", "done"}
_BESIDE_V2 = {"reward", "done", "metadata"}
_REWARD = {"field": "reward"}
_WORDS = {True: "true", False: "false"}
_UNSENDABLE = (PydanticSerializationError, ValueError, TypeError, RecursionError)


@dataclass(frozen=True)
class _Layout:
    """What encoding has to know about a class.

    Attributes:
        observation: Whether it is a class of observations at all.
        ends: Whether ``terminated`` and ``truncated`` are ours, or fields that the author declared.
        unbounded: Names of fields that may hold numbers that are not finite.
    """

    observation: bool
    ends: bool
    unbounded: frozenset[str]


@lru_cache(maxsize=256)
def _layout(kind: type[Any]) -> _Layout:
    if not issubclass(kind, BaseModel):
        return _Layout(False, False, frozenset())
    fields = kind.model_fields
    ends = all(name in fields and fields[name].exclude is True for name in ("terminated", "truncated"))
    schema: Any = kind.__pydantic_core_schema__
    named = {one["ref"]: one for one in schema.get("definitions", ())}
    own = _fields_schema(schema, named)
    unbounded = {name for name in fields if _allows_inf_nan(own.get(name), named)}
    return _Layout(issubclass(kind, Observation), ends, frozenset(unbounded))


def _fields_schema(schema: Any, named: dict[str, Any]) -> dict[str, Any]:
    """Find the fields in a core schema, below whatever validators and names wrap the model."""
    while schema is not None and schema["type"] != "model-fields":
        schema = named.get(schema["schema_ref"]) if schema["type"] == "definition-ref" else schema.get("schema")
    fields: dict[str, Any] = {} if schema is None else schema["fields"]
    return fields


def _allows_inf_nan(schema: Any, named: dict[str, Any]) -> bool:
    if isinstance(schema, dict):
        if schema.get("type") == "definition-ref":
            others = {ref: one for ref, one in named.items() if ref != schema["schema_ref"]}
            return _allows_inf_nan(named.get(schema["schema_ref"]), others)
        return schema.get("allow_inf_nan") is True or any(_allows_inf_nan(one, named) for one in schema.values())
    return isinstance(schema, (list, tuple)) and any(_allows_inf_nan(one, named) for one in schema)


def encode_observation(observation: Any, dialect: Dialect, call: str = "step") -> tuple[str, bool]:
    """Write what ``reset`` or ``step`` returned.

    Args:
        observation: What it returned.
        dialect: v1 has the metadata inside the observation, v2 beside it.
        call: ``reset`` or ``step``, for the message.

    Returns:
        ``(body, done)``: the reply's ``data`` as JSON, and whether the episode has ended.

    Raises:
        InvalidResultError: It is not an observation, or holds something that cannot be sent.
    """
    layout = _layout(observation.__class__)
    if not layout.observation:
        raise InvalidResultError(f"{call} returned {type(observation).__name__}, expected an Observation")
    if layout.ends and (observation.truncated or observation.terminated is not None):
        terminated, truncated = ending(observation.done, observation.terminated, observation.truncated)
    else:
        terminated, truncated = observation.done, False
    v1 = dialect is _V1
    if v1 and truncated:
        observation = observation.model_copy(update={"metadata": {**observation.metadata, "truncated": True}})
    body = _dump(observation, _BESIDE_V1 if v1 else _BESIDE_V2, dialect, call)
    reward = _reward(observation.reward, call)
    done = terminated or truncated
    metadata = observation.metadata
    about = "{}" if metadata == {} else _metadata(metadata, call)
    if v1:
        beside = f',"metadata":{about}' if metadata else ""
        return f'{{"observation":{body},"reward":{reward},"done":{_WORDS[done]}{beside}}}', done
    ends = f'"done":{_WORDS[done]},"terminated":{_WORDS[terminated]},"truncated":{_WORDS[truncated]}'
    return f'{{"observation":{body},"reward":{reward},{ends},"metadata":{about}}}', done


def encode_state(state: Any, dialect: Dialect) -> str:
    """Write what ``state`` returned.

    Args:
        state: A model, a mapping, or nothing.
        dialect: Which dialect the reply is in.

    Returns:
        The reply's ``data``, as JSON.

    Raises:
        InvalidResultError: It is none of these, or holds something that cannot be sent.
    """
    if isinstance(state, BaseModel):
        return _dump(state, set(), dialect, "state")
    if state is None or isinstance(state, Mapping):
        return _json(dict(state or {}), "state")
    raise InvalidResultError(f"state returned {type(state).__name__}, expected a State")


def read_result(data: Mapping[str, Any], observation_type: type[ObsModel]) -> StepResult[ObsModel]:
    """Read the ``data`` of a reply to reset or step, in either dialect.

    What stands at the top level counts first, then what stands in ``observation.metadata``.

    Args:
        data: The data.
        observation_type: The class of the observation.

    Returns:
        The result; its observation carries reward, done and metadata too where its class has them.

    Raises:
        pydantic.ValidationError: The data does not fit the class.
    """
    own = dict(data.get("observation") or {})
    metadata = data.get("metadata") or own.pop("metadata", None) or {}
    done, reward = bool(data.get("done", False)), data.get("reward")
    truncated = bool(data.get("truncated", metadata.get("truncated") is True))
    result = StepResult(None, reward, done, metadata, terminated=data.get("terminated"), truncated=truncated)
    own.pop("metadata", None)
    if issubclass(observation_type, Observation):
        own.update(reward=reward, done=result.done, metadata=metadata)
        if _layout(observation_type).ends:
            own.update(terminated=result.terminated, truncated=result.truncated)
    # As JSON, which some types (bytes, dates, whatever is strict) are read from in a way of their own.
    observation = observation_type.model_validate_json(to_json(own, inf_nan_mode="strings"))
    return StepResult(
        observation, reward, result.done, metadata, terminated=result.terminated, truncated=result.truncated
    )


def _reward(reward: Any, call: str) -> str:
    if reward is None:
        return "null"
    if isinstance(reward, float):
        if not math.isfinite(reward):
            raise InvalidResultError(f"{call} returned a reward of {reward}; rewards are finite numbers", _REWARD)
    elif not isinstance(reward, int):
        kind = type(reward).__name__
        raise InvalidResultError(f"{call} returned a reward of type {kind}; rewards are numbers", _REWARD)
    return to_json(reward).decode()


def _metadata(metadata: Any, call: str) -> str:
    if not isinstance(metadata, dict):
        raise InvalidResultError(f"{call} returned metadata of type {type(metadata).__name__}, expected a dict")
    return _json(metadata, f"{call}, in metadata,")


def _json(value: Any, where: str) -> str:
    try:
        text = to_json(value, inf_nan_mode="strings").decode()
        if _suspicious(text):
            _finite(to_jsonable_python(value), where, frozenset(), None)
    except _UNSENDABLE as error:
        raise _cannot_be_sent(where, error) from error
    return text


def _dump(model: BaseModel, beside: set[str], dialect: Dialect, where: str) -> str:
    """Write a model; one pass, and a second look only where a number may not be finite."""
    try:
        text: str = model.__pydantic_serializer__.to_json(model, exclude=beside, warnings=False).decode()
        if not _suspicious(text):
            return text
        values = model.model_dump(mode="json", exclude=beside, warnings=False)
        return to_json(_finite(values, where, _layout(type(model)).unbounded, dialect)).decode()
    except _UNSENDABLE as error:
        raise _cannot_be_sent(where, error) from error


def _cannot_be_sent(where: str, error: Exception) -> InvalidResultError:
    return InvalidResultError(f"{where} returned something that cannot be sent as JSON: {text_of(error)}")


def _suspicious(text: str) -> bool:
    # pydantic writes a number that is not finite as one of these, depending on the model it stands in.
    # (Looking for one letter first is ten times as fast as looking for a word.)
    return "null" in text or ("N" in text and '"NaN"' in text) or ("I" in text and 'Infinity"' in text)


def _finite(value: Any, where: str, unbounded: frozenset[str], dialect: Dialect | None, top: bool = True) -> Any:
    """Replace numbers that are not finite where that is allowed, and refuse them elsewhere.

    The value is what JSON knows: mappings, lists, scalars.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidResultError(f"{where} returned {value}, which is not a finite number")
    if isinstance(value, dict):
        return {
            key: _spelled(item, dialect)
            if top and key in unbounded
            else _finite(item, f"{where}.{key}", unbounded, dialect, False)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_finite(item, f"{where}[{n}]", unbounded, dialect, False) for n, item in enumerate(value)]
    return value


def _spelled(value: Any, dialect: Dialect | None) -> Any:
    """Write numbers that are not finite as v2's strings, or as v1's null."""
    if isinstance(value, float) and not math.isfinite(value):
        if dialect is Dialect.V1:
            return None
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _spelled(item, dialect) for key, item in value.items()}
    if isinstance(value, list):
        return [_spelled(item, dialect) for item in value]
    return value
