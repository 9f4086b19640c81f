"""What can be set about a server: the code proposes, the operator's variables decide."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from support.puppets import AsyncPuppet, InlinePuppet, LonelyPuppet, Puppet, PuppetAction, PuppetObservation

from openenv.errors import ConcurrencyConfigurationError, ConfigurationError
from openenv.server import ServerSettings, create_app
from openenv.sessions.blueprint import blueprint_of
from openenv.sessions.service import ServiceSettings


def settled(environment: Any = Puppet, **settings: Any) -> ServiceSettings:
    return ServerSettings(**settings).for_service(blueprint_of(environment, PuppetAction, PuppetObservation))


def test_operators_win_over_code() -> None:
    variables = {
        "OPENENV_MAX_SESSIONS": "7",
        "OPENENV_ISOLATION": "process",
        "OPENENV_API_KEY": "k",
        "OPENENV_ALLOWED_ORIGINS": "https://a.example, https://b.example",
        "OPENENV_RESET_TIMEOUT_S": "1.5",
        "OPENENV_STEP_TIMEOUT_S": "2",
        "OPENENV_CLOSE_TIMEOUT_S": "3",
        "OPENENV_RESUME_WINDOW_S": "4",
        "OPENENV_IDLE_TIMEOUT_S": "5",
        "OPENENV_DRAIN_TIMEOUT_S": "0",
        "OPENENV_MEMORY_LIMIT_MB": "512",
        "OPENENV_DEBUG": "true",
        "OPENENV_SOMETHING_ELSE": "x",
    }
    chosen = ServerSettings(max_sessions=2, isolation="thread", step_timeout_s=9.0).with_environment(variables)

    assert chosen == ServerSettings(
        max_sessions=7,
        isolation="process",
        api_key="k",
        allowed_origins=("https://a.example", "https://b.example"),
        reset_timeout_s=1.5,
        step_timeout_s=2.0,
        close_timeout_s=3.0,
        resume_window_s=4.0,
        idle_timeout_s=5.0,
        drain_timeout_s=0.0,
        memory_limit_mb=512,
        debug=True,
    )


def test_what_an_operator_leaves_out_or_empty_stays_as_the_code_says() -> None:
    settings = ServerSettings(max_sessions=2)

    assert settings.with_environment({"OPENENV_MAX_SESSIONS": "", "OPENENV_API_KEY": ""}) == settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPENENV_MAX_SESSIONS", "0"),
        ("OPENENV_MAX_SESSIONS", "many"),
        ("OPENENV_ISOLATION", "container"),
        ("OPENENV_STEP_TIMEOUT_S", "-1"),
        ("OPENENV_STEP_TIMEOUT_S", "nan"),
        ("OPENENV_DRAIN_TIMEOUT_S", "inf"),
        ("OPENENV_MEMORY_LIMIT_MB", "1"),
        ("OPENENV_DEBUG", "perhaps"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable) as refused:
        ServerSettings().with_environment({variable: value})
    assert value in refused.value.message


def test_an_argument_that_cannot_be_used_is_not_blamed_on_the_operator() -> None:
    with pytest.raises(ConfigurationError, match=r"^max_sessions: .* got 0$"):
        create_app(Puppet, max_concurrent_envs=0)


def test_the_key_is_not_shown_with_the_other_settings() -> None:
    assert "secret" not in repr(ServerSettings(api_key="secret"))


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        ServerSettings(max_session=3)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("environment", "isolation", "place", "sessions"),
    [
        (Puppet, None, "thread", 64),
        (LonelyPuppet, None, "thread", 1),
        (LonelyPuppet, "process", "process", 64),
        (AsyncPuppet, None, "inline", 64),
        (InlinePuppet, None, "inline", 64),
        (InlinePuppet, "thread", "thread", 64),
        (InlinePuppet, "process", "process", 64),
    ],
)
def test_where_environments_run_and_how_many(environment: Any, isolation: Any, place: str, sessions: int) -> None:
    chosen = settled(environment, isolation=isolation)

    assert (chosen.place, chosen.limits.max_sessions, chosen.limits.queue_size) == (place, sessions, 4 * sessions)


def made_by_a_function() -> AsyncPuppet:
    return AsyncPuppet()


def made_by_somebody():
    return Puppet()


def made_as_anything() -> object:
    return Puppet()


def test_a_factory_is_trusted_as_far_as_it_says_what_it_makes() -> None:
    said, kept, anything = settled(made_by_a_function), settled(made_by_somebody), settled(made_as_anything)

    assert (said.place, said.limits.max_sessions) == ("inline", 64)
    assert (kept.place, kept.limits.max_sessions) == ("thread", 1)
    assert (anything.place, anything.limits.max_sessions) == ("thread", 1)


def test_more_sessions_than_can_live_side_by_side_are_refused() -> None:
    with pytest.raises(ConcurrencyConfigurationError) as refused:
        create_app(LonelyPuppet, max_concurrent_envs=2)
    assert "LonelyPuppet" in refused.value.message
    assert "isolation='process'" in (refused.value.hint or "")
    assert settled(LonelyPuppet, max_sessions=1).limits.max_sessions == 1
    assert settled(LonelyPuppet, max_sessions=3, isolation="process").limits.max_sessions == 3


def test_deadlines_are_five_minutes_where_nobody_says_otherwise() -> None:
    limits = settled().deadlines

    assert (limits.reset_s, limits.step_s, limits.close_s) == (300.0, 300.0, 10.0)
    assert settled(Puppet, step_timeout_s=2.0).deadlines.step_s == 2.0


def test_a_synchronous_step_in_the_event_loop_takes_no_deadline() -> None:
    assert settled(InlinePuppet).deadlines.step_s is None
    for setting in ("reset_timeout_s", "step_timeout_s"):
        with pytest.raises(ConfigurationError, match="cannot be interrupted"):
            settled(InlinePuppet, **{setting: 1.0})
    assert settled(AsyncPuppet, step_timeout_s=1.0).deadlines.step_s == 1.0
    assert settled(InlinePuppet, isolation="thread", step_timeout_s=1.0).deadlines.step_s == 1.0


def test_memory_is_limited_for_processes_only() -> None:
    assert settled(isolation="process", memory_limit_mb=100).memory_limit_mb == 100
    with pytest.raises(ConfigurationError, match="memory"):
        settled(memory_limit_mb=100)


def test_what_a_worker_cannot_import_is_refused_when_the_app_is_made() -> None:
    with pytest.raises(ConfigurationError, match="worker"):
        create_app(lambda: Puppet(), PuppetAction, PuppetObservation, settings=ServerSettings(isolation="process"))


# Arguments of create_app


class Concurrency:
    """Deployed OpenEnv's object."""

    max_concurrent_envs = 3
    session_timeout: float | None = 60.0


def limits_of(app: Any) -> Any:
    return app.state.openenv_service.settings.limits


def test_arguments_of_deployed_apps_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENENV_MAX_SESSIONS", raising=False)
    app = create_app(Puppet, PuppetAction, PuppetObservation, "mine", concurrency_config=Concurrency())
    assert (limits_of(app).max_sessions, limits_of(app).idle_timeout_s) == (3, 60.0)
    assert app.title == "mine"
    assert limits_of(create_app(Puppet, PuppetAction, PuppetObservation, max_concurrent_envs=5)).max_sessions == 5


def test_two_ways_of_saying_how_many_are_one_too_many() -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        create_app(Puppet, max_concurrent_envs=2, concurrency_config=Concurrency())


def test_the_operator_wins_over_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENENV_MAX_SESSIONS", "9")

    assert limits_of(create_app(Puppet, max_concurrent_envs=5)).max_sessions == 9
