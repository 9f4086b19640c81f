"""Request and response bodies of the HTTP routes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from openenv.protocol import MAX_EPISODE_ID_LENGTH


class ResetRequest(BaseModel):
    """Options of a reset; an environment may take more of its own."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"seed": 42}, {}]})

    seed: int | None = Field(default=None, ge=0, description="Seed of the episode")
    episode_id: str | None = Field(default=None, max_length=MAX_EPISODE_ID_LENGTH, description="Name of the episode")


class StepRequest(BaseModel):
    """An action, and how to treat the request."""

    model_config = ConfigDict(extra="allow")

    action: dict[str, Any] = Field(description="The action, as the action schema says")
    timeout_s: float | None = Field(default=None, gt=0, description="How long it may take, in seconds")
    request_id: str | None = Field(default=None, max_length=255, description="Name of the request: makes a retry safe")


class ThrowAwayResult(BaseModel):
    """What a reset or step of a throw-away environment gave."""

    model_config = ConfigDict(extra="forbid")

    observation: dict[str, Any]
    reward: float | None = None
    done: bool = False
    metadata: dict[str, Any] | None = None


class SessionResult(BaseModel):
    """What a reset or step of a session gave."""

    observation: dict[str, Any]
    reward: float | None
    done: bool
    terminated: bool
    truncated: bool
    metadata: dict[str, Any]


class SessionOpened(BaseModel):
    """A new session, and the right to use it."""

    session_id: str
    session_token: str
    expires_in_s: float = Field(description="How long it may be left alone, in seconds")


class SessionStatus(BaseModel):
    """Where a session stands."""

    session_id: str
    steps: int
    playing: bool
    running: bool


class Health(BaseModel):
    """Whether the server works."""

    status: Literal["healthy", "unhealthy"] = "healthy"


class Readiness(BaseModel):
    """Whether a new session would be taken, and the counts."""

    status: Literal["ready", "draining", "full"]
    active_sessions: int
    max_sessions: int
    waiting: int
    stuck: int


class Schemas(BaseModel):
    """JSON Schemas of what travels."""

    action: dict[str, Any]
    observation: dict[str, Any]
    state: dict[str, Any]
    reset_observation: dict[str, Any]


class ErrorBody(BaseModel):
    """What went wrong."""

    code: str
    message: str
    detail: dict[str, Any] | None = None
    correlation_id: str | None = None
