"""What an author subclasses."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterable
from typing import Any, ClassVar, Generic

from openenv.types import ActT, EnvironmentMetadata, ObsT, StateT


class Transform(ABC, Generic[ObsT]):
    """Changes an observation before it is sent, to add a reward for example."""

    @abstractmethod
    def __call__(self, observation: ObsT) -> ObsT:
        """Return the observation to send in place of this one."""


class CompositeTransform(Transform[ObsT]):
    """Several transforms, applied in order.

    Args:
        transforms: The transforms, first one first.
    """

    def __init__(self, transforms: Iterable[Transform[ObsT]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, observation: ObsT) -> ObsT:
        """Apply each transform to what the one before it returned."""
        for transform in self.transforms:
            observation = transform(observation)
        return observation


class NullTransform(Transform[ObsT]):
    """Leaves observations as they are."""

    def __call__(self, observation: ObsT) -> ObsT:
        """Return the observation itself."""
        return observation


class Environment(ABC, Generic[ActT, ObsT, StateT]):
    """An environment: ``reset``, ``step``, ``state``.

    The three type parameters name its models, and the server infers them from there::

        class MyEnvironment(Environment[MyAction, MyObservation, State]): ...

    ``reset`` and ``step`` may be ``async``. ``reset`` takes what the environment needs (``seed``,
    ``episode_id``, options of its own); what its signature does not name is not passed.
    Each session has an environment of its own, made, played and closed in one thread.

    Args:
        transform: Applied to each observation by an author who calls ``_apply_transform``.

    Attributes:
        SUPPORTS_CONCURRENT_SESSIONS: Whether several instances can live in one process.
        INLINE: Whether steps are so short (well under a millisecond) that they may run in the event
            loop itself, which is several times faster than a thread.
    """

    SUPPORTS_CONCURRENT_SESSIONS: ClassVar[bool] = False
    INLINE: ClassVar[bool] = False

    def __init__(self, transform: Transform[ObsT] | None = None) -> None:
        self.transform = transform

    # The parameters are open, so that a type checker lets an author name those that the environment takes.

    @abstractmethod
    def reset(self, *args: Any, **options: Any) -> ObsT | Awaitable[ObsT]:
        """Begin a fresh episode and return its first observation.

        Args:
            *args: None is passed; declare the options you take by name.
            **options: ``seed`` (0 to 2**32 - 1; the same seed and actions give the same episode),
                ``episode_id`` (a name of at most 255 characters), and what else the environment takes.

        Returns:
            The first observation.
        """

    @abstractmethod
    def step(self, action: ActT, *args: Any, **options: Any) -> ObsT | Awaitable[ObsT]:
        """Take one action and return what follows from it.

        Args:
            action: A validated action.
            *args: None is passed.
            **options: What the caller of deployed OpenEnv's ``POST /step`` sent beside the action, ``timeout_s``
                for example; only what the method declares is passed.

        Returns:
            The next observation, with its reward and whether the episode has ended.

        Raises:
            InvalidActionError: The action is not possible now; nothing has changed.
            EnvironmentFault: The environment cannot go on; the message is sent as it is.
        """

    @property
    @abstractmethod
    def state(self) -> StateT:
        """The episode's bookkeeping.

        A property: a method is called here as well, but not by servers of openenv 0.10.
        """

    async def reset_async(self, *args: Any, **options: Any) -> ObsT:
        """Override instead of ``reset`` where resetting awaits, as in deployed OpenEnv."""
        observation: ObsT = await _settled(self.reset(*args, **options))
        return observation

    async def step_async(self, action: ActT, *args: Any, **options: Any) -> ObsT:
        """Override instead of ``step`` where stepping awaits, as in deployed OpenEnv."""
        observation: ObsT = await _settled(self.step(action, *args, **options))
        return observation

    def get_metadata(self) -> EnvironmentMetadata:
        """Say what this environment is; override it to say more."""
        name = type(self).__name__
        return EnvironmentMetadata(name=name, description=f"{name} environment", version="1.0.0")

    def close(self) -> None:
        """Release what the environment holds; called once, in the thread it lived in."""

    def _apply_transform(self, observation: ObsT) -> ObsT:
        # An author's class may skip super().__init__(), so the attribute can be missing.
        transform = getattr(self, "transform", None)
        return observation if transform is None else transform(observation)


async def _settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
