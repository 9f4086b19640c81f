"""What travels between an agent and an environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import Self, TypeVar

from openenv.errors import RequestValidationError


class Action(BaseModel):
    """What an agent asks an environment to do; subclass it and declare the fields.

    Unknown fields are refused.

    Attributes:
        metadata: Anything the agent wants to send along; not part of the action itself.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True, arbitrary_types_allowed=True)

    metadata: dict[str, Any] = Field(default_factory=dict, description="Additional metadata for the action")


class Observation(BaseModel):
    """What an agent sees after a reset or a step; subclass it and declare the fields.

    An episode ends when ``done``, ``terminated`` or ``truncated`` is true. Setting ``done`` alone
    means *terminated*: the task itself ended. Set ``truncated`` where the episode was cut short,
    by a step limit for example; both may be true, as in Gymnasium.

    Attributes:
        done: Whether the episode has ended.
        reward: The reward of the last action, a finite number; ``None`` after a reset.
        metadata: Diagnostics beside the observation, not meant for the policy.
        terminated: Whether the task itself ended; derived from ``done`` where it is ``None``.
        truncated: Whether the episode was cut short.
    """

    model_config = ConfigDict(
        extra="forbid", validate_assignment=True, arbitrary_types_allowed=True, ser_json_inf_nan="strings"
    )

    done: bool = Field(default=False, description="Whether the episode has ended")
    reward: bool | int | float | None = Field(default=None, description="Reward of the last action")
    metadata: dict[str, Any] = Field(default_factory=dict, description="Additional metadata for the observation")
    # Kept out of dumps and schemas: these two travel beside the observation, never inside it.
    terminated: SkipJsonSchema[bool | None] = Field(default=None, exclude=True)
    truncated: SkipJsonSchema[bool] = Field(default=False, exclude=True)


class State(BaseModel):
    """The episode's bookkeeping, for people and tools rather than for the policy.

    Attributes:
        episode_id: The name of the current episode, ``None`` before the first reset.
        step_count: How many steps the current episode has taken.
    """

    model_config = ConfigDict(
        extra="allow", validate_assignment=True, arbitrary_types_allowed=True, ser_json_inf_nan="strings"
    )

    episode_id: str | None = Field(default=None, description="Name of the current episode")
    step_count: int = Field(default=0, ge=0, description="Number of steps taken in the current episode")

    @classmethod
    def begin(cls, episode_id: str | None, **fields: Any) -> Self:
        """Make the state of a fresh episode from what the client asked for.

        Args:
            episode_id: Its name; one is made up where it is ``None``.
            **fields: Further fields, checked as their class declares them.

        Returns:
            The state.

        Raises:
            RequestValidationError: A field is of the wrong type, or out of its range.
        """
        try:
            return cls(episode_id=episode_id or str(uuid4()), **fields)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"]))
            raise RequestValidationError(f"{where}: {problem['msg']}, got {problem['input']!r}") from error


class EnvironmentMetadata(BaseModel):
    """What an environment says about itself.

    Attributes:
        name: The environment's name.
        description: One sentence on what an agent does there.
        readme_content: The README as Markdown.
        version: The environment's own version.
        author: Who wrote it.
        documentation_url: Where to read more.
        seedable: Whether ``reset`` takes a seed; filled in by the server.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    name: str
    description: str
    readme_content: str | None = None
    version: str | None = None
    author: str | None = None
    documentation_url: str | None = None
    seedable: bool | None = None


ActT = TypeVar("ActT", default=Any)
ObsT = TypeVar("ObsT", default=Any)
StateT = TypeVar("StateT", default=State)


@dataclass(init=False)
class StepResult(Generic[ObsT]):
    """One answer of an environment: the observation and what came with it.

    ``done`` is true when the episode is over, for either reason. ``info`` and ``metadata`` are two
    names of one dict.

    Attributes:
        observation: What the agent can see.
        reward: The reward, or ``None`` where there is none, as after a reset.
        done: ``terminated or truncated``.
        metadata: Diagnostics beside the observation; also readable as ``info``.
        terminated: Whether the task itself ended.
        truncated: Whether the episode was cut short.
    """

    observation: ObsT
    reward: float | None
    done: bool
    metadata: dict[str, Any] | None = field(repr=False)
    terminated: bool
    truncated: bool

    def __init__(
        self,
        observation: ObsT,
        reward: float | None = None,
        done: bool = False,
        metadata: dict[str, Any] | None = None,
        *,
        terminated: bool | None = None,
        truncated: bool = False,
        info: dict[str, Any] | None = None,
    ) -> None:
        """Fill in what was left out.

        Args:
            observation: What the agent can see.
            reward: The reward, if any.
            done: Whether the episode has ended.
            metadata: Diagnostics.
            terminated: Whether the task itself ended; derived from ``done`` where left out.
            truncated: Whether the episode was cut short.
            info: Another name for ``metadata``.

        Raises:
            TypeError: Both ``metadata`` and ``info`` were given.
        """
        if metadata is not None and info is not None:
            raise TypeError("StepResult takes metadata or info, not both: they are one dict")
        self.observation = observation
        self.reward = reward
        self.terminated, self.truncated = ending(done, terminated, truncated)
        self.done = self.terminated or self.truncated
        self.metadata = info if metadata is None else metadata

    @property
    def info(self) -> dict[str, Any] | None:
        """The same dict as ``metadata``, under Gymnasium's name."""
        return self.metadata


def ending(done: bool, terminated: bool | None, truncated: bool) -> tuple[bool, bool]:
    """Say how an episode ended, from flags of which some may be left out.

    Args:
        done: Whether it has ended at all.
        terminated: Whether the task itself ended; ``None`` where nobody said so.
        truncated: Whether it was cut short.

    Returns:
        ``(terminated, truncated)``; at least one is true when ``done`` is.
    """
    if terminated is None:
        terminated = done and not truncated
    elif done and not truncated:
        terminated = True
    return bool(terminated), bool(truncated)
