"""What an environment says about itself to validators: ``validation`` in its manifest."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, JsonValue
from pydantic_core import PydanticCustomError


def _rising(limits: tuple[float, ...]) -> tuple[float, ...]:
    if limits[0] >= limits[1]:
        raise ValueError("the first number is to be the smaller one")
    return limits


Range = Annotated[tuple[FiniteFloat, ...], Field(min_length=2, max_length=2), AfterValidator(_rising)]


def _unreserved(options: dict[str, JsonValue]) -> dict[str, JsonValue]:
    taken = [name for name in ("seed", "episode_id") if name in options]
    if taken:
        raise PydanticCustomError(
            "refused",
            "{message}",
            {"message": f"'{taken[0]}' is given by the checks themselves", "hint": "take it out"},
        )
    return options


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RewardClaims(_Part):
    """What is said of rewards. What openenv 0.10 knows beside the range is taken and not looked at.

    Attributes:
        range: The smallest and the largest reward of a step.
    """

    range: Range | None = None
    oracle_tolerance: Any = None
    floor_margin: Any = None
    variance_tolerance: Any = None


class EpisodeClaims(_Part):
    """What is said of episodes.

    Attributes:
        max_steps: After how many steps each has ended.
        reset_s: How long a reset takes at most, in seconds.
        step_s: How long a step takes at most, in seconds.
        seeds_differ: Whether different seeds give different episodes.
    """

    max_steps: int | None = Field(default=None, ge=1)
    reset_s: float | None = Field(default=None, gt=0)
    step_s: float | None = Field(default=None, gt=0)
    seeds_differ: bool = False


class PolicyClaims(_Part):
    """What a policy earns in an episode, as the mean of several.

    Attributes:
        at_least: The least that it earns.
        at_most: The most that it earns.
        hidden: Fields of its actions: no observation shows their values before the policy sends them.
    """

    at_least: FiniteFloat | None = None
    at_most: FiniteFloat | None = None
    hidden: tuple[str, ...] = ()


class Claims(_Part):
    """What an environment says about itself. The other keys are those of openenv 0.10, taken and not looked at.

    Attributes:
        reward: Of its rewards.
        episode: Of its episodes.
        policies: Of what policies earn: ``random``, or one that the manifest names.
        reset: Options that each reset of the checks gets, beside ``seed`` and ``episode_id``.
    """

    reward: RewardClaims = RewardClaims()
    episode: EpisodeClaims = EpisodeClaims()
    policies: dict[str, PolicyClaims] = Field(default_factory=dict)
    reset: Annotated[dict[str, JsonValue], AfterValidator(_unreserved)] = Field(default_factory=dict)
    resources: Any = None
    capabilities: Any = None
    types: Any = None
    network: Any = None
    judge: Any = None
    task_distribution: Any = None
    execution: Any = None
