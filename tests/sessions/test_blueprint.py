"""What can be told about an environment from its class or factory."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import pytest
from support.puppets import (
    AsyncPuppet,
    BarePuppet,
    HalfAsyncPuppet,
    LonelyPuppet,
    Puppet,
    PuppetAction,
    PuppetObservation,
)

from openenv.environment import Environment
from openenv.errors import ConfigurationError
from openenv.sessions.blueprint import blueprint_of, traits_of
from openenv.types import Action, Observation, State

MODELS = (PuppetAction, PuppetObservation, State)


def make() -> Puppet:
    return Puppet()


def make_without_a_word():
    return Puppet()


def make_the_unknown() -> Elsewhere:  # type: ignore[name-defined]  # noqa: F821
    return Puppet()


ObsT = TypeVar("ObsT")


class HalfDecided(Environment[PuppetAction, ObsT, State], Generic[ObsT]):
    pass


class Decided(HalfDecided[PuppetObservation]):
    pass


class Maker:
    def __call__(self) -> Puppet:
        return Puppet()


@pytest.mark.parametrize(
    "factory", [Puppet, AsyncPuppet, make, functools.partial(Puppet), functools.partial(make), Maker(), Decided]
)
def test_models_are_read_from_the_class(factory: Callable[[], Any]) -> None:
    blueprint = blueprint_of(factory)

    assert (blueprint.action_type, blueprint.observation_type, blueprint.state_type) == MODELS


@pytest.mark.parametrize("factory", [BarePuppet, make_without_a_word, make_the_unknown, HalfDecided, lambda: Puppet()])
def test_models_that_nobody_named_have_to_be_given(factory: Callable[[], Any]) -> None:
    with pytest.raises(ConfigurationError, match="cannot tell the "):
        blueprint_of(factory)

    blueprint = blueprint_of(factory, PuppetAction, PuppetObservation)
    assert (blueprint.action_type, blueprint.observation_type, blueprint.state_type) == MODELS


def test_what_is_given_wins() -> None:
    blueprint = blueprint_of(Puppet, Action, Observation, name="mine")

    assert (blueprint.action_type, blueprint.observation_type, blueprint.name) == (Action, Observation, "mine")


def test_an_instance_is_no_factory() -> None:
    with pytest.raises(ConfigurationError, match="got an instance of BarePuppet") as refused:
        blueprint_of(BarePuppet())  # type: ignore[arg-type]
    assert refused.value.hint


@pytest.mark.parametrize(
    ("factory", "name"), [(Puppet, "Puppet"), (make, "make"), (functools.partial(Puppet), "Puppet"), (Maker(), "Maker")]
)
def test_a_factory_has_a_name(factory: Callable[[], Any], name: str) -> None:
    assert blueprint_of(factory).name == name


@pytest.mark.parametrize("factory", [Puppet, make, functools.partial(Puppet)])
def test_what_stands_in_a_module_can_be_imported(factory: Callable[[], Any]) -> None:
    blueprint_of(factory).require_importable()


class FromTheCommandLine(Puppet):
    __module__ = "__main__"


@pytest.mark.parametrize("factory", [lambda: Puppet(), FromTheCommandLine])
def test_what_a_worker_cannot_import_is_refused(factory: Callable[[], Any]) -> None:
    with pytest.raises(ConfigurationError, match="worker"):
        blueprint_of(factory, PuppetAction, PuppetObservation).require_importable()


# Traits


class OnlyAsyncOverrides(Puppet):
    async def reset_async(self, seed: int | None = None, **options: Any) -> PuppetObservation:  # type: ignore[override]
        return PuppetObservation()

    async def step_async(self, action: PuppetAction, timeout_s: float | None = None) -> PuppetObservation:  # type: ignore[override]
        return PuppetObservation()


def test_methods_are_looked_at_once() -> None:
    puppet, bare = traits_of(Puppet), traits_of(BarePuppet)

    assert (puppet.reset_method, puppet.step_method, puppet.asynchronous) == ("reset", "step", False)
    assert puppet.reset_options == {"seed", "episode_id", "then"}
    assert (puppet.seedable, bare.seedable) == (True, False)
    assert (bare.reset_options, bare.step_options) == (frozenset(), frozenset())


def test_asynchronous_overrides_of_deployed_environments_are_preferred() -> None:
    traits = traits_of(OnlyAsyncOverrides)

    assert (traits.reset_method, traits.step_method, traits.asynchronous) == ("reset_async", "step_async", True)
    assert (traits.reset_options, traits.step_options) == (None, frozenset({"timeout_s"}))
    assert traits.seedable


@pytest.mark.parametrize(
    ("kind", "asynchronous"), [(AsyncPuppet, True), (HalfAsyncPuppet, False), (LonelyPuppet, False)]
)
def test_an_environment_is_asynchronous_where_reset_and_step_are(kind: type[Any], asynchronous: bool) -> None:
    assert traits_of(kind).asynchronous is asynchronous
