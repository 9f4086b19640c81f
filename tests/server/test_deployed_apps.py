"""Apps that are made as openenv 0.10 makes them."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from support.puppets import Puppet, PuppetAction, PuppetObservation

from openenv.core.env_server import create_app as reexported
from openenv.core.env_server.http_server import create_app, create_fastapi_app
from openenv.core.env_server.types import ConcurrencyConfig, ServerMode
from openenv.errors import ConfigurationError
from openenv.types import State

MODELS = (PuppetAction, PuppetObservation)


class OtherState(State):
    other: int = 0


@pytest.fixture(autouse=True)
def _no_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENENV_MODE", raising=False)
    monkeypatch.delenv("OPENENV_MAX_SESSIONS", raising=False)


def made(app: Any) -> tuple[str, int, float, type]:
    service = app.state.openenv_service
    limits = service.settings.limits
    return app.title, limits.max_sessions, limits.idle_timeout_s, service.blueprint.state_type


def test_both_functions_take_their_arguments_by_position() -> None:
    config = ConcurrencyConfig(max_concurrent_envs=3, session_timeout=60.0)

    whole = create_app(
        Puppet, *MODELS, "mine", None, config, None, "Custom", False, True, None, OtherState, mode="simulation"
    )
    plain = create_fastapi_app(Puppet, *MODELS, None, config, "mine", OtherState, mode="simulation")

    assert made(whole) == made(plain) == ("mine", 3, 60.0, OtherState)
    assert reexported is create_app


def test_options_of_the_web_interface_are_ignored_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "openenv.server"):
        create_app(Puppet, *MODELS)
        assert caplog.messages == []
        create_app(
            Puppet,
            *MODELS,
            gradio_builder=print,
            custom_tab_name="Board",
            custom_tab_primary=True,
            show_default_tab=False,
            title_override="Game",
        )
    names = "gradio_builder, custom_tab_name, custom_tab_primary, show_default_tab, title_override"
    assert caplog.messages == [f"create_app: ignored {names}, for there is no web interface"]


@pytest.mark.parametrize("mode", [None, "simulation", "SIMULATION", ServerMode.SIMULATION])
@pytest.mark.parametrize("variable", ["", "simulation"])
def test_simulation_is_the_mode_there_is(monkeypatch: pytest.MonkeyPatch, variable: str, mode: Any) -> None:
    monkeypatch.setenv("OPENENV_MODE", variable)
    assert create_app(Puppet, *MODELS, mode=mode).title == create_fastapi_app(Puppet, *MODELS, mode=mode).title


@pytest.mark.parametrize("create", [create_app, create_fastapi_app])
@pytest.mark.parametrize("mode", ["production", ServerMode.PRODUCTION])
def test_production_does_not_exist_and_says_so(create: Any, mode: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"mode 'production' of openenv 0\.10 does not exist here"):
        create(Puppet, *MODELS, mode=mode)


def test_the_mode_is_read_from_the_environment_where_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENENV_MODE", "production")
    with pytest.raises(ConfigurationError, match="does not exist here"):
        create_app(Puppet, *MODELS)
    assert create_app(Puppet, *MODELS, mode="simulation").title == "Puppet"


def test_an_unknown_mode_is_a_value_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown mode 'training', expected simulation or production"):
        create_app(Puppet, *MODELS, mode="training")
