"""Sessions of an OpenEnv server as one vector environment of Gymnasium."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array, iterate
from numpy.typing import NDArray

from openenv.client.background import run_blocking
from openenv.client.pool import Question, SyncPool
from openenv.errors import OpenEnvError
from openenv.gymnasium.interpreter import RENDER_MODE, Interpreter, Transition, in_gymnasium
from openenv.gymnasium.sessions import open_sessions

Flags = NDArray[np.bool_]


def make_vec(
    target: Any,
    n: int,
    *,
    render_mode: str | None = None,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    **options: Any,
) -> RemoteVectorEnv:
    """Play several sessions of an OpenEnv server at once through Gymnasium's interface.

    Args:
        target: What ``make`` takes.
        n: How many sessions.
        render_mode: ``rgb_array`` to have frames of a server that renders.
        autoreset_mode: What happens to a session whose episode has ended, as in Gymnasium: it is reset by
            the next step (the default), in the same step, or by nobody but the caller.
        **options: Arguments for the client, or for the class.

    Returns:
        The vector environment, with its sessions open.

    Raises:
        ConfigurationError: The target is nothing that can be played, or not n times at once.
        UnsupportedSpaceError: It has actions or observations that no space can hold.
        SessionError: There is no server, or it has too few free slots.
    """
    mode = AutoresetMode(autoreset_mode)
    return RemoteVectorEnv(*open_sessions(target, n, render_mode, options), mode)


class RemoteVectorEnv(VectorEnv[Any, Any, NDArray[Any]]):
    """Sessions that step side by side; raises as ``RemoteEnv`` does, with the number of the session.

    When one session fails the others have taken their step all the same.

    Args:
        sessions: The sessions, open.
        interpreter: Translates for them.
        autoreset_mode: What happens to a session whose episode has ended.
    """

    def __init__(self, sessions: SyncPool, interpreter: Interpreter, autoreset_mode: AutoresetMode) -> None:
        self.num_envs = len(sessions)
        self.single_action_space = interpreter.actions.space
        self.single_observation_space = interpreter.observations.space
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.render_mode = RENDER_MODE if interpreter.renders else None
        self.metadata = {"render_modes": [RENDER_MODE] if interpreter.renders else [], "autoreset_mode": autoreset_mode}
        self._sessions = sessions
        self._interpreter = interpreter
        self._mode = autoreset_mode
        self._randoms = [seeding.np_random()[0] for _ in range(self.num_envs)]
        self._last: dict[int, Transition] = {}

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode in every session, or in those that ``options["reset_mask"]`` chooses.

        Args:
            seed: One for each session, or the first one's, after which they count up; left out, each
                session's random numbers go on.
            options: Further options of the server's reset.

        Returns:
            The first observations, batched, and their infos.

        Raises:
            ValueError: There are more or fewer seeds or flags than sessions.
            gymnasium.error.ClosedEnvironmentError: It is closed.
            OpenEnvError: The server refused, or is gone.
        """
        self._refuse_closed()
        super().reset(seed=seed if isinstance(seed, int) else None)
        seeds, others = self._seeds(seed), dict(options or {})
        chosen = self._chosen(others.pop("reset_mask", None))
        if len({*chosen, *self._last}) < self.num_envs:
            raise gymnasium.error.ResetNeeded("the first reset is one of all sessions")
        for index in chosen:
            if seeds[index] is not None:
                self._randoms[index] = seeding.np_random(seeds[index])[0]
        self._play({index: self._reset_of(index, seeds[index], others) for index in chosen})
        return self._observations(), self._infos(chosen, {})

    def step(self, actions: Any) -> tuple[Any, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Take an action in every session.

        Args:
            actions: An element of the action space: one action for each session.

        Returns:
            ``(observations, rewards, terminations, truncations, infos)``, batched.

        Raises:
            gymnasium.error.InvalidAction: An action is not possible.
            gymnasium.error.ResetNeeded: No episode is running.
            ValueError: There are more or fewer actions than sessions.
            gymnasium.error.ClosedEnvironmentError: It is closed.
            OpenEnvError: Something else went wrong.
        """
        self._refuse_closed()
        ended = self._ended()
        if self._mode is AutoresetMode.DISABLED and ended:
            raise gymnasium.error.ResetNeeded(f"the episodes of sessions {sorted(ended)} are over: reset them first")
        given = list(iterate(self.action_space, actions))
        if len(given) != self.num_envs:
            raise ValueError(f"{self.num_envs} sessions need as many actions, got {len(given)}")
        due = ended if self._mode is AutoresetMode.NEXT_STEP else set()
        self._play(
            {
                index: self._reset_of(index) if index in due else ("step", self._interpreter.action(action))
                for index, action in enumerate(given)
            }
        )
        each = [self._last[index] for index in range(self.num_envs)]
        rewards = np.array([one.reward for one in each], np.float64)
        terminations, truncations = (
            np.array([getattr(one, end) for one in each], np.bool_) for end in ("terminated", "truncated")
        )
        due = self._ended() if self._mode is AutoresetMode.SAME_STEP else set()
        self._play({index: self._reset_of(index) for index in due})
        infos = self._infos(range(self.num_envs), {index: each[index] for index in due})
        return self._observations(), rewards, terminations, truncations, infos

    def render(self) -> tuple[Any, ...]:
        """Give the frames that came with the last observations.

        Raises:
            gymnasium.error.ResetNeeded: There are no observations yet.
        """
        if not self._last:
            raise gymnasium.error.ResetNeeded("there is nothing to render before the first reset")
        return tuple(self._last[index].frame for index in range(self.num_envs))

    def close_extras(self, **_: Any) -> None:
        """End the sessions, and the server that was started for them."""
        self._sessions.close()

    def _refuse_closed(self) -> None:
        if self.closed:
            raise gymnasium.error.ClosedEnvironmentError("this vector environment is closed: make another")

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None or isinstance(seed, int):
            return [None if seed is None else seed + index for index in range(self.num_envs)]
        if len(seed) != self.num_envs:
            raise ValueError(f"{self.num_envs} sessions need as many seeds, got {len(seed)}")
        return list(seed)

    def _chosen(self, mask: Flags | None) -> list[int]:
        """Say which sessions a mask chooses."""
        if mask is None:
            return list(range(self.num_envs))
        if not isinstance(mask, np.ndarray) or mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise ValueError(f"reset_mask is an array of {self.num_envs} bools, not {mask!r}")
        return [int(index) for index in np.flatnonzero(mask)]

    def _ended(self) -> set[int]:
        """Say which sessions' episodes are over."""
        if len(self._last) < self.num_envs:
            raise gymnasium.error.ResetNeeded("reset() comes first: not every session has an episode")
        return {index for index, one in self._last.items() if one.terminated or one.truncated}

    def _reset_of(
        self, index: int, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        return "reset", self._interpreter.reset_options(seed, options, self._randoms[index])

    def _play(self, requests: dict[int, tuple[str, dict[str, Any]]]) -> None:
        """Send requests at once, and keep what each session shows then."""
        if not requests:
            return
        pool = self._sessions._pool
        asked: list[Question] = [(pool[index], kind, body) for index, (kind, body) in requests.items()]
        failed: list[Exception] = []
        for index, outcome in zip(requests, run_blocking(pool._ask_all(asked)), strict=True):
            if isinstance(outcome, OpenEnvError):
                failed.append(in_gymnasium(outcome, index) if requests[index][0] == "step" else outcome)
            elif outcome is not None:
                self._last[index] = self._interpreter.transition(outcome)
        if failed:
            raise failed[0]

    def _observations(self) -> Any:
        """Batch what the sessions show, in an array of its own."""
        shown = [self._last[index].observation for index in range(self.num_envs)]
        batch: Any = create_empty_array(self.single_observation_space, self.num_envs)
        return concatenate(self.single_observation_space, shown, batch)

    def _infos(self, indexes: Iterable[int], finals: dict[int, Transition]) -> dict[str, Any]:
        """Merge infos; of episodes that ended in the same step as they were begun anew, the last ones too."""
        infos: dict[str, Any] = {}
        for index in indexes:
            if index in finals:
                final = {"final_obs": finals[index].observation, "final_info": finals[index].info}
                infos = self._add_info(infos, final, index)
            infos = self._add_info(infos, self._last[index].info, index)
        return infos
