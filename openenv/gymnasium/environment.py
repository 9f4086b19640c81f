"""Any environment of Gymnasium as one of OpenEnv."""

from __future__ import annotations

from base64 import b64encode
from secrets import randbelow
from threading import Lock
from typing import Any, TypeVar
from uuid import uuid4

import gymnasium
from gymnasium import spaces
from pydantic import BaseModel, Field

from openenv.environment import Environment
from openenv.errors import ConfigurationError, EnvironmentFault, InvalidActionError, ResetRequiredError
from openenv.generics import type_arguments
from openenv.gymnasium.png import encode
from openenv.gymnasium.schemas import BESIDE, ModelSpace
from openenv.gymnasium.spaces import plain
from openenv.types import Action, Observation, State

ActionT = TypeVar("ActionT", bound=Action)
ObservationT = TypeVar("ObservationT", bound=Observation)

_RENDERING = Lock()  # what draws in one thread at a time only, as pygame does, is shared by all sessions
PNG = "png"
"""The key of an observation's metadata under which the rendered frame stands, as base64."""


class GymnasiumState(State):
    """Where an episode's random numbers come from."""

    seed: int | None = Field(default=None, description="Seed of the last reset that had one")
    resets: int = Field(default=0, ge=0, description="How many resets without a seed came after it")


class GymnasiumEnvironment(Environment[ActionT, ObservationT, GymnasiumState]):
    """Plays an environment of Gymnasium; subclass it with the models of its actions and observations.

    ::

        class CartPoleEnvironment(GymnasiumEnvironment[CartPoleAction, CartPoleObservation]):
            def __init__(self) -> None:
                super().__init__(gymnasium.make("CartPole-v1", render_mode="rgb_array"))

    Each model has one field for an element of the space, or, of a ``Dict`` space, a field for each of its keys.
    Info becomes metadata, with plain lists and numbers in the place of NumPy's.

    Args:
        env: The environment; its ``render_mode`` is ``rgb_array`` where frames may be asked for.

    Raises:
        ConfigurationError: The models do not fit the spaces.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__()
        self.env = env
        action_type, self._observation_type, _ = type_arguments(type(self), Environment)
        self._actions = _model_space(action_type, env.action_space)
        self._observations = _model_space(self._observation_type, env.observation_space)
        self._state = GymnasiumState()
        self._renders = False
        self._over = False

    def reset(
        self, seed: int | None = None, episode_id: str | None = None, render: bool = False, **options: Any
    ) -> ObservationT:
        """Begin an episode.

        Args:
            seed: Where its random numbers begin. Left out, they go on from the episode before, as in
                Gymnasium; the first episode draws one.
            episode_id: Its name.
            render: Whether each observation comes with the frame as PNG, in base64, as ``metadata["png"]``.
            **options: Gymnasium's ``options``.

        Returns:
            The first observation.

        Raises:
            EnvironmentFault: The environment cannot render.
        """
        if render and self.env.render_mode != "rgb_array":
            raise EnvironmentFault("this environment does not render: it was not made with render_mode='rgb_array'")
        if seed is None and self._state.seed is None:
            seed = randbelow(2**32)
        element, info = self.env.reset(seed=seed, options=options or None)
        self._renders, self._over = render, False
        resets = 0 if seed is not None else self._state.resets + 1
        seed = self._state.seed if seed is None else seed
        self._state = GymnasiumState(episode_id=episode_id or str(uuid4()), seed=seed, resets=resets)
        return self._observe(element, info)

    def step(self, action: ActionT) -> ObservationT:
        """Take an action, unless the action space does not hold it."""
        if self._state.episode_id is None or self._over:
            raise ResetRequiredError("the episode is over: reset comes first" if self._over else "reset comes first")
        try:
            element = self._actions.read(action.model_dump())
            legal = element in self.env.action_space
        except (ValueError, TypeError) as error:
            raise InvalidActionError(f"the action cannot be read: {error}") from error
        if not legal:
            raise InvalidActionError(f"{plain(element)} is not in the action space {self.env.action_space}")
        element, reward, terminated, truncated, info = self.env.step(element)
        self._state.step_count += 1
        self._over = bool(terminated or truncated)
        return self._observe(
            element, info, reward=float(reward), terminated=bool(terminated), truncated=bool(truncated)
        )

    @property
    def state(self) -> GymnasiumState:
        """The episode's name, its seed and how far it has gone."""
        return self._state

    def close(self) -> None:
        """Close Gymnasium's environment."""
        self.env.close()

    def _observe(self, element: Any, info: dict[str, Any], **outcome: Any) -> ObservationT:
        metadata = {**plain(info), PNG: self._frame()} if self._renders else plain(info)
        observation: ObservationT = self._observation_type(
            **self._observations.write(element), metadata=metadata, **outcome
        )
        return observation

    def _frame(self) -> str:
        try:
            with _RENDERING:
                frame: Any = self.env.render()
        except gymnasium.error.DependencyNotInstalled as error:
            raise EnvironmentFault(f"this environment cannot render here: {error}") from error
        return b64encode(encode(frame)).decode()


def _model_space(model: type[BaseModel], space: spaces.Space[Any]) -> ModelSpace:
    names = [name for name in model.model_fields if name not in BESIDE]
    if len(names) == 1:
        return ModelSpace({names[0]: space})
    if isinstance(space, spaces.Dict) and set(names) == set(space.spaces):
        return ModelSpace(space.spaces)
    raise ConfigurationError(
        f"the fields of {model.__name__} ({', '.join(names)}) do not fit {space}",
        hint="give it one field for the whole element, or of a Dict space a field for each key",
    )
