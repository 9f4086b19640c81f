"""Frames: one JSON object a message.

A request is read and validated in a single pass; only a refused one is looked at again, to say why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from pydantic_core import from_json, to_json
from typing_extensions import NotRequired, TypedDict

from openenv.errors import InvalidJSONError, OpenEnvError, RequestValidationError, UnknownTypeError
from openenv.protocol import MAX_EPISODE_ID_LENGTH, MAX_SEED, Dialect
from openenv.protocol.faults import text_of, validation_failed

_V1 = Dialect.V1
RequestId = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
Timeout = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
_CLOSED = ConfigDict(extra="forbid")


@with_config(ConfigDict(extra="allow"))
class ResetOptions(TypedDict, total=False):
    """Options of a reset; an environment may take more of its own."""

    seed: Annotated[int, Field(strict=True, ge=0, le=MAX_SEED)] | None
    episode_id: Annotated[str, Field(max_length=MAX_EPISODE_ID_LENGTH)] | None


@with_config(_CLOSED)
class Opening(TypedDict, total=False):
    """What a client says when it opens a session: how long it waits for a slot, in seconds."""

    wait_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]


@with_config(_CLOSED)
class Resumption(TypedDict):
    """What a client says when it takes its session up again."""

    session_id: str
    session_token: str


@dataclass(slots=True)
class Request:
    """One request, read from a frame or a body.

    Attributes:
        kind: ``reset``, ``step``, ``state``, ``close``, ``open``, ``resume``, or ``invalid``.
        data: The validated action, the options, or the error for an ``invalid`` one.
        id: The client's number (v2) or name (HTTP) for it, if any.
        timeout_s: The client's own limit for it, in seconds.
        raw: The frame as it came.
        extras: Keyword arguments for ``step`` beside the action (HTTP v1).
    """

    kind: str
    data: Any = None
    id: int | str | None = None
    timeout_s: float | None = None
    raw: str = ""
    extras: Mapping[str, Any] | None = None


def _frame_types(dialect: Dialect, action_type: Any) -> dict[str, Any]:
    """The type of each frame that a client may send."""
    numbered = {"id": RequestId, "timeout_s": NotRequired[Timeout]}
    nothing = NotRequired[Annotated[dict[str, Any], Field(max_length=0)] | None]
    fields: dict[Dialect, dict[str, dict[str, Any]]] = {
        Dialect.V1: {
            "reset": {"data": NotRequired[dict[str, Any]]},
            "step": {"data": action_type},
            "state": {},
            "close": {},
        },
        Dialect.V2: {
            "reset": {**numbered, "data": NotRequired[ResetOptions]},
            "step": {**numbered, "data": action_type},
            "state": {**numbered, "data": nothing},
            "close": {**numbered, "data": nothing},
            "open": {"data": NotRequired[Opening]},
            "resume": {"data": Resumption},
        },
    }
    return {kind: _frame_type(kind, own) for kind, own in fields[dialect].items()}


def _frame_type(kind: str, fields: dict[str, Any]) -> Any:
    frame = TypedDict(f"{kind.capitalize()}Frame", {"type": Literal[kind], **fields})  # type: ignore[misc]
    return with_config(_CLOSED)(frame)


@dataclass(slots=True)
class Reply:
    """The answer to one request, before it is put in a frame or a body.

    Attributes:
        kind: ``observation``, ``state`` or ``error``.
        body: Its data, as JSON.
        code: The code of an error.
        done: Whether the episode has ended, for an observation.
        fatal: Whether the session is over.
        fault: What the log should say about an error: a traceback.
    """

    kind: str
    body: str
    code: str | None = None
    done: bool | None = None
    fatal: bool = False
    fault: str | None = None


class FrameDecoder:
    """Reads requests of one dialect for one type of action.

    Args:
        dialect: Which frames are taken.
        action_type: What ``data`` of a step must be; ``dict`` leaves that to whoever gets the request.
    """

    def __init__(self, dialect: Dialect, action_type: Any) -> None:
        self._dialect = dialect
        self._action = TypeAdapter(action_type)
        self._action_fields = tuple(getattr(action_type, "model_fields", ()))
        typed, loose = (_frame_types(dialect, data) for data in (action_type, dict[str, Any]))
        one_of: Any = Annotated[reduce(or_, typed.values()), Field(discriminator="type")]
        self._validate = TypeAdapter[Any](one_of).validator.validate_json
        self._loose = {kind: TypeAdapter[Any](frame) for kind, frame in loose.items()}

    def decode(self, text: str) -> Request:
        """Read one frame.

        Args:
            text: The frame.

        Returns:
            The request; of kind ``invalid``, with the error as its data, where the frame is refused.
        """
        try:
            frame: dict[str, Any] = self._validate(text)
        except BaseException:  # a model's own validators may raise anything
            return self._examine(text)
        get = frame.get
        return Request(frame["type"], get("data"), get("id"), get("timeout_s"), text)

    def _examine(self, text: str) -> Request:
        """Read a refused frame step by step, to say what is wrong with it and which request it was."""
        try:
            message = from_json(text)
        except ValueError as error:
            return Request("invalid", InvalidJSONError(f"Invalid JSON: {_complaint(text, error)}"), raw=text)
        if not isinstance(message, dict):
            wrong = RequestValidationError(f"a frame is a JSON object, not {type(message).__name__}")
            return Request("invalid", wrong, raw=text)
        number = message.get("id") if self._dialect is Dialect.V2 else None
        readable = type(number) is int and 1 <= number < 2**63
        try:
            frame = self._validated(message)
        except OpenEnvError as error:
            return Request("invalid", error, number if readable else None, raw=text)
        get = frame.get
        return Request(frame["type"], get("data"), get("id"), get("timeout_s"), text)

    def _validated(self, message: dict[str, Any]) -> dict[str, Any]:
        """Validate the frame first and its action after, as deployed servers do."""
        kind = message.get("type", "")
        if not isinstance(kind, str) or kind not in self._loose:
            raise UnknownTypeError(f"Unknown message type: {kind}")
        frame: dict[str, Any] = self._checked(self._loose[kind], message, f"{kind} request")
        return {**frame, "data": self._checked(self._action, frame["data"], "action")} if kind == "step" else frame

    def _checked(self, expected: TypeAdapter[Any], value: Any, subject: str) -> Any:
        try:
            return expected.validate_python(value)
        except ValidationError as error:
            known = self._action_fields if expected is self._action else ()
            raise validation_failed(error, self._dialect, subject, known) from None
        except BaseException as error:  # a model's own validators may raise anything
            raise RequestValidationError(f"invalid {subject}: {type(error).__name__}: {text_of(error)}") from error


def _complaint(text: str, found: ValueError) -> str:
    """Say what is wrong with a text, in the words of deployed servers where they refuse it too."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return str(error)
    return str(found)


def request_frame(kind: str, number: int | None, data: str | None, timeout_s: float | None = None) -> str:
    """Write a request.

    Args:
        kind: ``reset``, ``step``, ``state`` or ``close``.
        number: Its id, ``None`` in v1.
        data: The action or the options, as JSON.
        timeout_s: The client's own limit, in seconds (v2).

    Returns:
        The frame.
    """
    parts = [f'{{"type":"{kind}"']
    if number is not None:
        parts.append(f',"id":{number}')
    if data is not None:
        parts.append(f',"data":{data}')
    if timeout_s is not None:
        parts.append(f',"timeout_s":{to_json(timeout_s).decode()}')
    parts.append("}")
    return "".join(parts)


def greeting_frame(kind: str, data: Mapping[str, Any]) -> str:
    """Write a frame that carries no id: ``open``, ``resume``, ``session``, ``queued``."""
    return to_json({"type": kind, "data": data}).decode()


def reply_frame(reply: Reply, dialect: Dialect, number: int | str | None = None) -> str:
    """Write a reply.

    Args:
        reply: The reply.
        dialect: v1 knows no ids.
        number: The id of the request; ``None`` where it could not be read.

    Returns:
        The frame.
    """
    if dialect is _V1:
        return f'{{"type":"{reply.kind}","data":{reply.body}}}'
    return f'{{"type":"{reply.kind}","id":{"null" if number is None else number},"data":{reply.body}}}'
