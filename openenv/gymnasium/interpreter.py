"""What Gymnasium says, in OpenEnv's words, and back. Pure."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from openenv.errors import (
    InvalidActionError,
    InvalidResultError,
    OpenEnvError,
    RequestValidationError,
    ResetRequiredError,
)
from openenv.gymnasium.environment import PNG
from openenv.gymnasium.png import decode
from openenv.gymnasium.schemas import ModelSpace, action_space, has_extension, observation_space
from openenv.gymnasium.spaces import Json
from openenv.types import StepResult

RENDER_MODE = "rgb_array"


class Transition(NamedTuple):
    """What a reset or step led to, as Gymnasium has it.

    Attributes:
        observation: An element of the observation space.
        reward: The reward; 0.0 where there is none.
        terminated: Whether the task itself ended.
        truncated: Whether the episode was cut short.
        info: Diagnostics, and the observation's fields that are in no space.
        frame: The rendered frame, of shape (height, width, 3), where frames were asked for.
    """

    observation: Any
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]
    frame: NDArray[np.uint8] | None


@dataclass(frozen=True)
class Interpreter:
    """Knows the spaces of one server.

    Attributes:
        actions: The space of its actions.
        observations: The space of its observations.
        goes_on: Whether a reset without a seed goes on with the random numbers of the episode before, as
            Gymnasium's environments do; else it is sent a seed.
        renders: Whether frames are asked for.
    """

    actions: ModelSpace
    observations: ModelSpace
    goes_on: bool
    renders: bool

    @classmethod
    def of(cls, action: Json, observation: Json, render_mode: str | None) -> Interpreter:
        """Read the JSON Schemas of a server.

        Args:
            action: The schema of its actions.
            observation: The schema of its observations.
            render_mode: ``rgb_array`` or ``None``.

        Returns:
            The interpreter.

        Raises:
            UnsupportedSpaceError: A schema has no form as a space.
        """
        return cls(
            action_space(action), observation_space(observation), has_extension(observation), render_mode is not None
        )

    def reset_options(
        self, seed: int | None, options: Mapping[str, Any] | None, random: np.random.Generator
    ) -> dict[str, Any]:
        """Say what to send with a reset.

        Args:
            seed: The seed that was given.
            options: The options that were given.
            random: Where a seed is drawn from when the server needs one.

        Returns:
            The options of OpenEnv's reset.
        """
        if seed is None and not self.goes_on:
            seed = int(random.integers(2**32))
        return {
            **(options or {}),
            **({} if seed is None else {"seed": seed}),
            **({"render": True} if self.renders else {}),
        }

    def action(self, element: Any) -> Json:
        """Write an action.

        Args:
            element: An element of the action space.

        Returns:
            The fields of the server's action.

        Raises:
            gymnasium.error.InvalidAction: It cannot be an element of the space.
        """
        try:
            return self.actions.write(element)
        except (ValueError, TypeError, IndexError) as error:
            raise gymnasium.error.InvalidAction(f"{element!r} is no action of {self.actions.space}: {error}") from error

    def transition(self, result: StepResult[dict[str, Any]]) -> Transition:
        """Read the result of a reset or step.

        Args:
            result: The result, with its observation as JSON values.

        Returns:
            What Gymnasium makes of it.

        Raises:
            InvalidResultError: The observation does not fit its schema.
        """
        info = dict(result.metadata or {})
        png = info.pop(PNG, None) if self.renders else None
        try:
            element = self.observations.read(result.observation)
        except (ValueError, TypeError) as error:
            raise InvalidResultError(f"the observation does not fit {self.observations.space}: {error}") from error
        return Transition(
            element,
            float(result.reward or 0.0),
            result.terminated,
            result.truncated,
            {**self.observations.rest(result.observation), **info},
            None if png is None else decode(b64decode(png)),
        )


def in_gymnasium(error: OpenEnvError, session: int | None = None) -> Exception:
    """Find the error that Gymnasium has for a refused step.

    Args:
        error: The server's.
        session: Which session of several it comes from.

    Returns:
        ``InvalidAction`` or ``ResetNeeded``, or the error itself where Gymnasium has none for it.
    """
    where = "" if session is None else f"session {session}: "
    if isinstance(error, (InvalidActionError, RequestValidationError)):
        return gymnasium.error.InvalidAction(f"{where}{error}")
    if isinstance(error, ResetRequiredError):
        return gymnasium.error.ResetNeeded(f"{where}{error}")
    return error
