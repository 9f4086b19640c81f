"""The game as an app, made by whichever package is installed."""

from __future__ import annotations

from guess import GuessAction, GuessEnvironment, GuessObservation, GuessState

from openenv.core.env_server.http_server import create_app

app = create_app(
    GuessEnvironment,
    GuessAction,
    GuessObservation,
    env_name="guess",
    max_concurrent_envs=8,
    state_cls=GuessState,
)
