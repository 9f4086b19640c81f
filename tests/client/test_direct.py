"""Playing in this process, by the same rules and without a socket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from scripted import in_loop
from support.puppets import (
    AsyncPuppet,
    BarePuppet,
    BrokenPuppet,
    HalfAsyncPuppet,
    InlinePuppet,
    LonelyPuppet,
    Puppet,
    PuppetAction,
    PuppetObservation,
    journal,
    turnstiles,
)

from openenv.client import EnvClient, GenericEnvClient
from openenv.errors import (
    ConfigurationError,
    EnvironmentFactoryError,
    ExecutionError,
    InvalidActionError,
    InvalidResultError,
    RequestValidationError,
    ResetRequiredError,
    SessionError,
    SessionExpiredError,
)
from openenv.types import State

PLACES = [Puppet, InlinePuppet, AsyncPuppet, HalfAsyncPuppet, LonelyPuppet]


class PuppetEnv(EnvClient[PuppetAction, PuppetObservation, State]):
    """Needs no body."""


class Tuned(Puppet):
    """Takes arguments."""

    def __init__(self, start: int, *, step: int = 1) -> None:
        super().__init__()
        self._start, self._step = start, step

    def reset(self, seed: int | None = None, episode_id: str | None = None, then: str = "") -> PuppetObservation:
        super().reset(seed, episode_id, then)
        self._total = self._start * self._step
        return self._look()


@pytest.mark.parametrize("kind", PLACES)
def test_an_episode_is_played_by_every_face(kind: type[Puppet]) -> None:
    async def play() -> None:
        async with PuppetEnv.in_process(kind) as env:
            assert (await env.reset(seed=3)).observation.total == 3
            result = await env.step(PuppetAction(amount=4))
            assert (result.observation.total, result.reward, type(result.observation)) == (7, 4.0, PuppetObservation)
            assert (await env.state()).step_count == 1
            assert (await env.step(PuppetAction(do="end"))).terminated
            with pytest.raises(ResetRequiredError):
                await env.step(PuppetAction())

    asyncio.run(play())
    with PuppetEnv.in_process(kind) as env:
        puppet = env.reset(seed=3).observation.puppet
        assert env.step(PuppetAction(amount=4)).observation.total == 7
    journal.await_close(puppet)


@in_loop
async def test_errors_are_the_ones_of_a_server() -> None:
    async with EnvClient.in_process(Puppet) as env:
        await env.reset()
        for action, expected in (
            (PuppetAction(do="raise", name="refused"), InvalidActionError),
            (PuppetAction(do="raise", name="fault"), ExecutionError),
            (PuppetAction(do="raise", name="ValueError"), ExecutionError),
            (PuppetAction(do="nan"), InvalidResultError),
            ({"colour": "red"}, RequestValidationError),
        ):
            with pytest.raises(expected):
                await env.step(action)
        assert (await env.step(PuppetAction())).observation.steps == 2


def test_the_models_come_from_the_environment_where_the_client_declares_none() -> None:
    with EnvClient.in_process(Puppet) as env:
        assert isinstance(env.reset().observation, PuppetObservation)
    with GenericEnvClient.in_process(Puppet) as generic:
        assert generic.reset(seed=2).observation["total"] == 2


def test_arguments_reach_the_environment() -> None:
    with PuppetEnv.in_process(Tuned, start=5, step=3) as env:
        assert env.reset().observation.total == 15


def test_an_environment_that_cannot_be_made_is_a_typed_error() -> None:
    with pytest.raises(EnvironmentFactoryError, match="the puppet's secret"):
        PuppetEnv.in_process(BrokenPuppet).connect()


def test_an_environment_whose_models_are_unknown_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(ConfigurationError, match="BarePuppet"):
        EnvClient.in_process(BarePuppet)
    with pytest.raises(ConfigurationError, match="an instance of"):
        EnvClient.in_process(Puppet())  # type: ignore[arg-type]


@in_loop
async def test_leaving_during_a_step_closes_the_environment_after_it() -> None:
    env = PuppetEnv.in_process(Puppet)
    async with env:
        puppet = (await env.reset()).observation.puppet
        step = asyncio.ensure_future(env.step(PuppetAction(do="wait", name="leaving")))
        await asyncio.get_running_loop().run_in_executor(None, turnstiles.named("leaving").await_entry)
        turnstiles.named("leaving").open()
    with pytest.raises(SessionError):
        await step
    journal.await_close(puppet)


def test_a_session_in_process_ends_with_its_event_loop() -> None:
    env = PuppetEnv.in_process(InlinePuppet)

    async def reset() -> Any:
        return await env.reset()

    asyncio.run(reset())
    with pytest.raises(SessionExpiredError, match="its event loop has ended"):
        asyncio.run(reset())


@in_loop
async def test_many_calls_at_once_are_answered_in_order() -> None:
    async with PuppetEnv.in_process(InlinePuppet) as env:
        await env.reset()
        results = await asyncio.gather(*(env.step(PuppetAction()) for _ in range(500)))
    assert [result.observation.total for result in results] == list(range(1, 501))


@in_loop
async def test_steps_that_are_answered_at_once_let_other_tasks_run() -> None:
    async with PuppetEnv.in_process(InlinePuppet) as env:
        await env.reset()

        async def play_for_ever() -> None:
            while True:
                await env.step(PuppetAction())

        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(play_for_ever(), 0.01)


def test_no_web_framework_is_loaded() -> None:
    code = (
        "import sys; from openenv.client import EnvClient; from support.puppets import Puppet\n"
        "with EnvClient.in_process(Puppet) as env: env.reset()\n"
        "print([name for name in ('fastapi', 'starlette', 'uvicorn', 'httpx', 'yaml') if name in sys.modules])"
    )
    paths = f"import sys; sys.path[:0] = {sys.path!r}\n"
    ran = subprocess.run([sys.executable, "-c", paths + code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]", ran.stderr
