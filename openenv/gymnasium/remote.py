"""An OpenEnv server as an environment of Gymnasium."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from openenv.client.pool import SyncPool
from openenv.errors import OpenEnvError
from openenv.gymnasium.interpreter import RENDER_MODE, Interpreter, in_gymnasium
from openenv.gymnasium.sessions import open_sessions


def make(target: Any, *, render_mode: str | None = None, **options: Any) -> RemoteEnv:
    """Play an OpenEnv server through Gymnasium's interface.

    ::

        env = openenv.gymnasium.make("http://localhost:8000")
        observation, info = env.reset(seed=1)

    Args:
        target: The URL of a server, ``image:`` and an image's name, a project's folder, the name of an installed
            environment, a client, or an environment's class, to be played in this process.
        render_mode: ``rgb_array`` to have frames of a server that renders.
        **options: Arguments for the client, or for the class.

    Returns:
        The environment, with a session open.

    Raises:
        ConfigurationError: The target is none of these.
        UnsupportedSpaceError: It has actions or observations that no space can hold.
        SessionError: There is no server, or it has no free slot.
    """
    return RemoteEnv(*open_sessions(target, 1, render_mode, options))


class RemoteEnv(gymnasium.Env[Any, Any]):
    """One session, as Gymnasium sees it.

    An action that is not possible raises ``gymnasium.error.InvalidAction``, a step without an episode
    ``gymnasium.error.ResetNeeded``, either of them once it is closed ``gymnasium.error.ClosedEnvironmentError``;
    errors for which Gymnasium has no name are those of :mod:`openenv.errors`.

    Args:
        sessions: The session, open.
        interpreter: Translates for it.
    """

    def __init__(self, sessions: SyncPool, interpreter: Interpreter) -> None:
        self.action_space = interpreter.actions.space
        self.observation_space = interpreter.observations.space
        self.render_mode = RENDER_MODE if interpreter.renders else None
        self.metadata = {"render_modes": [RENDER_MODE] if interpreter.renders else []}
        self._sessions = sessions
        self._client = sessions[0]
        self._interpreter = interpreter
        self._frame: NDArray[np.uint8] | None = None
        self._closed = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Where its random numbers begin. Left out, they go on from the episode before.
            options: Further options of the server's reset.

        Returns:
            The first observation and its info.

        Raises:
            gymnasium.error.ClosedEnvironmentError: It is closed.
            OpenEnvError: The server refused, or is gone.
        """
        self._refuse_closed()
        super().reset(seed=seed)
        sent = self._interpreter.reset_options(seed, options, self.np_random)
        first = self._interpreter.transition(self._client.reset(**sent))
        self._frame = first.frame
        return first.observation, first.info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take an action.

        Args:
            action: An element of the action space.

        Returns:
            ``(observation, reward, terminated, truncated, info)``.

        Raises:
            gymnasium.error.InvalidAction: The action is not possible; nothing has changed.
            gymnasium.error.ResetNeeded: No episode is running.
            gymnasium.error.ClosedEnvironmentError: It is closed.
            OpenEnvError: Something else went wrong.
        """
        self._refuse_closed()
        sent = self._interpreter.action(action)
        try:
            result = self._client.step(sent)
        except OpenEnvError as error:
            raise in_gymnasium(error) from error
        next_one = self._interpreter.transition(result)
        self._frame = next_one.frame
        return next_one.observation, next_one.reward, next_one.terminated, next_one.truncated, next_one.info

    def render(self) -> NDArray[np.uint8] | None:
        """Give the frame that came with the last observation; ``None`` where none was asked for.

        Raises:
            gymnasium.error.ResetNeeded: There is no observation yet.
        """
        if self._interpreter.renders and self._frame is None:
            raise gymnasium.error.ResetNeeded("there is nothing to render before the first reset")
        return self._frame

    def close(self) -> None:
        """End the session, and the server that was started for it; does nothing the second time."""
        self._closed = True
        self._sessions.close()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise gymnasium.error.ClosedEnvironmentError("this environment is closed: make another")
