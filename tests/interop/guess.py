"""A small game as deployed environments are written; both packages serve it and play it."""

from __future__ import annotations

import random
from typing import Any

from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State


class GuessAction(Action):
    """A number from 0 to 15."""

    number: int


class GuessObservation(Observation):
    """How the number compares."""

    hint: str
    tries_left: int


class GuessState(State):
    """What is to be found."""

    secret: int = 0


class GuessEnvironment(Environment[GuessAction, GuessObservation, GuessState]):
    """Find a number in five tries."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._state = GuessState()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> GuessObservation:
        """Hide a number."""
        secret = random.Random(seed).randrange(16)
        self._state = GuessState(episode_id=episode_id, secret=secret)
        return GuessObservation(hint="guess", tries_left=5)

    def step(self, action: GuessAction, timeout_s: float | None = None, **kwargs: Any) -> GuessObservation:
        """Compare a number with the hidden one."""
        if action.number > 15:
            raise ValueError("numbers go up to 15")
        self._state.step_count += 1
        left, found = 5 - self._state.step_count, action.number == self._state.secret
        return GuessObservation(
            hint="found" if found else "higher" if action.number < self._state.secret else "lower",
            tries_left=left,
            reward=1.0 if found else 0.0,
            done=found or left == 0,
            metadata={"number": action.number},
        )

    @property
    def state(self) -> GuessState:
        """The hidden number and how often it was guessed at."""
        return self._state


class GuessEnv(EnvClient[GuessAction, GuessObservation, GuessState]):
    """A client with the three methods that deployed clients write by hand."""

    def _step_payload(self, action: GuessAction) -> dict[str, Any]:
        return {"number": action.number}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[GuessObservation]:
        own, metadata = payload["observation"], payload.get("metadata")
        reward, done = payload.get("reward"), payload.get("done", False)
        seen = GuessObservation(
            hint=own["hint"], tries_left=own["tries_left"], reward=reward, done=done, metadata=metadata or {}
        )
        return StepResult(observation=seen, reward=reward, done=done, metadata=metadata)

    def _parse_state(self, payload: dict[str, Any]) -> GuessState:
        return GuessState(**payload)
