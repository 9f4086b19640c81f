"""Names of openenv 0.10 that environments import and this package itself has no use for.

They are kept so that existing packages work unchanged; :mod:`openenv.core` has them under their old paths.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json
from typing_extensions import TypedDict

from openenv.protocol import Dialect
from openenv.protocol.results import encode_observation
from openenv.types import Action, Observation

if TYPE_CHECKING:
    from openenv.providers.docker import DockerProvider

Scalar = int | float | bool
"""A number or a truth value."""


class Message(TypedDict):
    """One turn of a conversation."""

    role: str
    content: str


class ModelTokenizer(Protocol):
    """What an environment of token sequences asks of a tokenizer."""

    def apply_chat_template(self, conversation: list[Message], **options: Any) -> Any:
        """Turn a conversation into tokens."""
        ...

    def decode(self, token_ids: Any, **options: Any) -> str:
        """Turn tokens into text."""
        ...


class BaseMessage(BaseModel):
    """Base of small models that refuse unknown fields."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class CodeExecResult(BaseMessage):
    """What running a program gave."""

    stdout: str
    stderr: str
    exit_code: int


class ConcurrencyConfig(BaseMessage):
    """How many sessions a server takes, and how long each may idle, in seconds; ``create_app`` takes one."""

    max_concurrent_envs: int = Field(default=1, ge=1)
    session_timeout: float | None = Field(default=None, gt=0)


class ServerMode(str, Enum):
    """What a server is for."""

    SIMULATION = "simulation"
    PRODUCTION = "production"


class HealthStatus(str, Enum):
    """How a server is."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DEGRADED = "degraded"


class HealthResponse(BaseMessage):
    """What ``/health`` says."""

    status: HealthStatus = HealthStatus.HEALTHY


class WSErrorCode(str, Enum):
    """Codes of v1's errors."""

    INVALID_JSON = "INVALID_JSON"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    EXECUTION_ERROR = "EXECUTION_ERROR"
    CAPACITY_REACHED = "CAPACITY_REACHED"
    FACTORY_ERROR = "FACTORY_ERROR"
    SESSION_ERROR = "SESSION_ERROR"


class WSErrorResponse(BaseModel):
    """An error frame."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["error"] = "error"
    data: dict[str, Any]


class ServerCapacityStatus(BaseMessage):
    """How full a server is."""

    active_sessions: int = Field(ge=0)
    max_sessions: int = Field(ge=1)

    @property
    def available_slots(self) -> int:
        """How many sessions could be opened."""
        return self.max_sessions - self.active_sessions

    @property
    def is_at_capacity(self) -> bool:
        """Whether there is no slot left."""
        return self.available_slots <= 0

    @classmethod
    def from_counts(cls, active: int, max_sessions: int) -> ServerCapacityStatus:
        """Make one from two numbers."""
        return cls(active_sessions=active, max_sessions=max_sessions)


class SessionInfo(BaseMessage):
    """What a server knows of one session."""

    session_id: str
    created_at: float
    last_activity_at: float
    step_count: int = Field(default=0, ge=0)
    environment_type: str


class ContainerProvider(ABC):
    """Runs a server in a container; a client takes one as its ``provider``."""

    @abstractmethod
    def start_container(
        self, image: str, port: int | None = None, env_vars: dict[str, str] | None = None, **kwargs: Any
    ) -> str:
        """Start it and return its base URL."""

    @abstractmethod
    def stop_container(self) -> None:
        """Stop and remove it."""

    @abstractmethod
    def wait_for_ready(self, base_url: str, timeout_s: float = 30.0) -> None:
        """Wait until it is healthy."""


class LocalDockerProvider(ContainerProvider):
    """Runs a server in a container of the local engine, as :class:`~openenv.providers.docker.DockerProvider` does."""

    def __init__(self) -> None:
        self._provider: DockerProvider | None = None

    def start_container(
        self, image: str, port: int | None = None, env_vars: dict[str, str] | None = None, **kwargs: Any
    ) -> str:
        """Start it, wait until it is healthy, and return its base URL; ``kwargs`` are those of the provider."""
        from openenv.providers.docker import DockerProvider

        self.stop_container()
        self._provider = DockerProvider(image, port=port, env_vars=env_vars, **kwargs)
        return self._provider.start()

    def stop_container(self) -> None:
        """Stop and remove it; does nothing where none runs."""
        if self._provider is not None:
            self._provider.stop()

    def wait_for_ready(self, base_url: str, timeout_s: float = 30.0) -> None:
        """Return at once: it is healthy when it has started."""


class RuntimeProvider(ABC):
    """Runs a server without a container; a client takes one as its ``provider``."""

    @abstractmethod
    def start(self, port: int | None = None, env_vars: dict[str, str] | None = None, **kwargs: Any) -> str:
        """Start it and return its base URL."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it."""

    @abstractmethod
    def wait_for_ready(self, timeout_s: float = 30.0) -> None:
        """Wait until it is healthy."""


def serialize_observation(observation: Observation) -> dict[str, Any]:
    """Lay an observation out as v1 sends it."""
    body, _ = encode_observation(observation, Dialect.V1)
    layout: dict[str, Any] = from_json(body)
    return layout


def deserialize_action(action_data: dict[str, Any], action_cls: type[Action]) -> Action:
    """Make an action of what v1 sends."""
    return action_cls.model_validate(action_data)
