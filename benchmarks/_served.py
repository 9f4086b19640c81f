"""The environment that both packages serve: a step costs next to nothing, so that what is measured is the server."""

from __future__ import annotations

from typing import Any

from _models import FLOATS, FloatsAction, FloatsObservation, State

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment


class FloatsEnvironment(Environment[FloatsAction, FloatsObservation, State]):
    """Answers every step with the same fifty floats."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    INLINE = True

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> FloatsObservation:
        self._steps = 0
        return FloatsObservation(values=FLOATS)

    def step(self, action: FloatsAction, timeout_s: float | None = None, **kwargs: Any) -> FloatsObservation:
        self._steps += action.amount
        return FloatsObservation(values=FLOATS, reward=0.5)

    @property
    def state(self) -> State:
        return State(step_count=self._steps)


app = create_app(FloatsEnvironment, FloatsAction, FloatsObservation, max_concurrent_envs=2000)
