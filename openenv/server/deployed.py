"""How environments of openenv 0.10 make their app: its signatures, in front of our :func:`create_app`."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from openenv.deployed import ServerMode
from openenv.errors import ConfigurationError
from openenv.server import app

logger = logging.getLogger("openenv.server")

_WEB_INTERFACE = {
    "gradio_builder": None,
    "custom_tab_name": "Custom",
    "custom_tab_primary": False,
    "show_default_tab": True,
    "title_override": None,
}


def create_app(
    env: Callable[[], Any],
    action_cls: Any,
    observation_cls: Any,
    env_name: str | None = None,
    max_concurrent_envs: int | None = None,
    concurrency_config: Any = None,
    gradio_builder: Callable[..., Any] | None = None,
    custom_tab_name: str = "Custom",
    custom_tab_primary: bool = False,
    show_default_tab: bool = True,
    title_override: str | None = None,
    state_cls: Any = None,
    *,
    mode: str | None = None,
    reset_observation_cls: Any = None,
) -> FastAPI:
    """Make the app of an environment; what is about the web interface is ignored, for there is none.

    Args:
        env: The environment's class, or a callable that makes one.
        action_cls: The class of its actions.
        observation_cls: The class of its observations.
        env_name: The environment's name.
        max_concurrent_envs: How many sessions there may be.
        concurrency_config: An object with ``max_concurrent_envs`` and ``session_timeout``.
        gradio_builder: Ignored.
        custom_tab_name: Ignored.
        custom_tab_primary: Ignored.
        show_default_tab: Ignored.
        title_override: Ignored.
        state_cls: The class of its state.
        mode: ``simulation``; ``OPENENV_MODE`` where left out.
        reset_observation_cls: The class of what reset returns, where it differs.

    Returns:
        A FastAPI app.

    Raises:
        ConfigurationError: The mode is another one, or :func:`openenv.server.create_app` refuses the rest.
    """
    _ignore(gradio_builder, custom_tab_name, custom_tab_primary, show_default_tab, title_override)
    _require_simulation(mode)
    classes = {"state_cls": state_cls, "reset_observation_cls": reset_observation_cls}
    return app.create_app(
        env, action_cls, observation_cls, env_name, max_concurrent_envs, concurrency_config, **classes
    )


def create_fastapi_app(
    env: Callable[[], Any],
    action_cls: Any,
    observation_cls: Any,
    max_concurrent_envs: int | None = None,
    concurrency_config: Any = None,
    env_name: str | None = None,
    state_cls: Any = None,
    *,
    mode: str | None = None,
    reset_observation_cls: Any = None,
) -> FastAPI:
    """Do what :func:`create_app` does, with another order of arguments."""
    return create_app(
        env,
        action_cls,
        observation_cls,
        env_name,
        max_concurrent_envs,
        concurrency_config,
        state_cls=state_cls,
        mode=mode,
        reset_observation_cls=reset_observation_cls,
    )


def _ignore(*given: Any) -> None:
    names = [name for (name, default), value in zip(_WEB_INTERFACE.items(), given, strict=True) if value != default]
    if names:
        logger.warning("create_app: ignored %s, for there is no web interface", ", ".join(names))


def _require_simulation(mode: str | None) -> None:
    named = mode or os.environ.get("OPENENV_MODE") or ServerMode.SIMULATION
    try:
        wanted = ServerMode(named.lower())
    except ValueError:
        known = " or ".join(one.value for one in ServerMode)
        raise ConfigurationError(f"unknown mode {str(named)!r}, expected {known}") from None
    if wanted is not ServerMode.SIMULATION:
        raise ConfigurationError(
            f"mode {wanted.value!r} of openenv 0.10 does not exist here: the server always takes reset, step and state",
            hint="leave mode out, and unset OPENENV_MODE",
        )
