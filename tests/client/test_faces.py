"""The faces of a client, against a real server: async, sync, bare, in a notebook, in several threads."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from scripted import PATIENCE_S, in_loop
from support.puppets import Puppet, PuppetAction, PuppetObservation, journal, turnstiles
from support.serving import Served, serving, until

from openenv.client import EnvClient, GenericAction, GenericEnvClient, SyncEnvClient
from openenv.errors import (
    ConfigurationError,
    ExecutionError,
    InvalidActionError,
    InvalidResultError,
    RequestValidationError,
    ResetRequiredError,
    SessionError,
    SessionExpiredError,
)
from openenv.sessions.store import Phase
from openenv.types import State, StepResult


class PuppetEnv(EnvClient[PuppetAction, PuppetObservation, State]):
    """Needs no body."""


class Helpful(PuppetEnv):
    """Has methods of its own."""

    async def add_twice(self, amount: int) -> int:
        """Step two times."""
        for _ in range(2):
            result = await self.step(PuppetAction(amount=amount))
        return result.observation.total

    def double(self, number: int) -> int:
        """Do no I/O."""
        return 2 * number


class Eager(PuppetEnv):
    """Overrides a method."""

    async def step(self, action: PuppetAction, **more: Any) -> StepResult[PuppetObservation]:  # type: ignore[override]
        result = await super().step(action)
        result.observation.total += 1000
        return result


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(Puppet) as server:
        yield server


def add(amount: int) -> PuppetAction:
    return PuppetAction(amount=amount)


@in_loop
async def test_the_async_face_plays_an_episode(served: Served) -> None:
    async with PuppetEnv(base_url=served.url) as env:
        result = await env.reset(seed=5, episode_id="mine")
        assert isinstance(result.observation, PuppetObservation)
        assert (result.observation.total, result.reward, result.done) == (5, None, False)
        result = await env.step(add(2))
        assert (result.observation.total, result.reward, result.terminated) == (7, 2.0, False)
        state = await env.state()
        assert (type(state), state.episode_id, state.step_count) == (State, "mine", 1)
        result = await env.step(PuppetAction(do="truncate"))
        assert (result.done, result.terminated, result.truncated) == (True, False, True)
        assert result.observation.truncated


def test_the_sync_face_plays_an_episode(served: Served) -> None:
    for face in (PuppetEnv(base_url=served.url), PuppetEnv(base_url=served.url).sync()):
        with face as env:
            assert isinstance(env, SyncEnvClient)
            assert env.reset(seed=5).observation.total == 5
            assert env.step(add(2)).observation.total == 7
            assert env.state().step_count == 1
            assert env.step(PuppetAction(do="end")).terminated


def test_a_bare_client_blocks_where_no_loop_runs(served: Served) -> None:
    env = PuppetEnv(base_url=served.url)
    result: Any = env.reset(seed=1)
    assert result.observation.total == 1
    state: Any = env.state()
    assert state.step_count == 0
    env.close()


@in_loop
async def test_a_bare_client_returns_coroutines_where_one_runs(served: Served) -> None:
    env = PuppetEnv(base_url=served.url)
    reset = env.reset(seed=1)
    assert asyncio.iscoroutine(reset)
    assert (await reset).observation.total == 1
    await env.close()


@in_loop
async def test_the_sync_face_works_inside_a_running_loop(served: Served) -> None:
    with PuppetEnv(base_url=served.url) as env:
        assert env.reset(seed=1).observation.total == 1
        assert env.step(add(2)).observation.total == 3
    client = PuppetEnv(base_url=served.url).sync()
    assert client.reset().observation.total == 0
    client.close()


@in_loop
async def test_a_client_connected_by_its_sync_face_can_be_awaited_too(served: Served) -> None:
    env = PuppetEnv(base_url=served.url)
    with env as client:
        client.reset(seed=1)
        assert (await env.step(add(2))).observation.total == 3
        assert client.step(add(3)).observation.total == 6


@in_loop
async def test_a_blocking_call_that_would_wait_for_its_own_loop_is_refused(served: Served) -> None:
    async with PuppetEnv(base_url=served.url) as env:
        for call in (env.sync().reset, env.sync().state, env.sync().__enter__):
            with pytest.raises(RuntimeError, match="await its methods"):
                call()
        await env.reset()


def test_a_client_may_go_from_one_loop_to_the_next(served: Served) -> None:
    env = PuppetEnv(base_url=served.url)

    async def begin() -> None:
        await env.reset(seed=1)

    async def finish() -> int:
        result = await env.step(add(2))
        await env.close()
        return result.observation.total

    asyncio.run(begin())
    assert asyncio.run(finish()) == 3


def test_a_client_that_is_left_open_hangs_up_when_its_loop_ends(served: Served) -> None:
    env = PuppetEnv(base_url=served.url)

    async def begin() -> None:
        await env.reset()

    async def finish() -> None:
        await env.close()

    asyncio.run(begin())
    session = served.service.sessions[str(env.session_id)]
    until(lambda: session.lease.phase is Phase.DETACHED)
    asyncio.run(finish())

    assert env.session_id is None


def test_a_forgotten_client_of_an_ended_loop_is_warned_of_without_its_password(served: Served) -> None:
    left = [PuppetEnv(base_url=served.url.replace("//", "//me:secret@"))]

    async def begin() -> None:
        await left[0].reset()

    asyncio.run(begin())
    with pytest.warns(ResourceWarning, match=f"unclosed client of {served.url}") as warned:
        left.clear()
    gc.collect()  # whatever else was left, a socket for example, would be warned of now
    assert len(warned) == 1


def test_a_client_in_process_that_is_left_open_is_closed_when_its_loop_ends() -> None:
    env = PuppetEnv.in_process(Puppet)

    async def begin() -> int:
        return (await env.reset()).observation.puppet

    async def go_on() -> None:
        await env.step(add(1))

    puppet = asyncio.run(begin())
    assert journal.of(puppet)[-1] == "close"
    with pytest.raises(SessionExpiredError, match="event loop has ended"):
        asyncio.run(go_on())


def test_further_methods_of_a_class_are_on_its_sync_face(served: Served) -> None:
    with Helpful(base_url=served.url) as env:
        env.reset()
        assert env.add_twice(5) == 10
        assert env.double(4) == 8
        assert env.async_client.base_url == env.base_url == served.url
        with pytest.raises(AttributeError):
            env.no_such_method()


def test_an_overridden_method_runs_on_every_face(served: Served) -> None:
    with Eager(base_url=served.url) as env:
        env.reset()
        assert env.step(add(1)).observation.total == 1001


def test_a_sync_call_inside_a_coroutine_of_the_sync_face_is_refused(served: Served) -> None:
    class Confused(PuppetEnv):
        async def wrong(self) -> Any:
            return self.sync().reset()

    with Confused(base_url=served.url) as env, pytest.raises(RuntimeError, match="await"):
        env.wrong()


@in_loop
async def test_each_entry_is_a_fresh_session(served: Served) -> None:
    env = PuppetEnv(base_url=served.url)
    names = []
    for _ in range(2):
        async with env:
            await env.reset()
            names.append(env.session_id)
    assert None not in names
    assert names[0] != names[1]
    assert env.session_id is None


def test_new_session_and_disconnect_end_the_session(served: Served) -> None:
    with PuppetEnv(base_url=served.url) as env:
        first = env.reset().observation.puppet
        assert env.new_session().reset().observation.puppet != first
        env.disconnect()
        journal.await_close(first)


def test_a_reply_may_be_waited_for_without_end(served: Served) -> None:
    with PuppetEnv(served.url, message_timeout_s=float("inf")) as env:
        assert env.reset(seed=3).observation.total == 3


def test_a_closed_client_says_so(served: Served) -> None:
    env = PuppetEnv(base_url=served.url)
    with env as client:
        client.reset()
    with pytest.raises(SessionError, match="closed"):
        env.reset()
    env.connect()
    result: Any = env.reset(seed=2)
    assert result.observation.total == 2
    env.close()
    env.close()


def test_the_session_of_a_forgotten_client_ends(served: Served) -> None:
    env = PuppetEnv(base_url=served.url)
    result: Any = env.reset()
    session = str(env.session_id)
    assert session in served.service.sessions
    del env
    gc.collect()
    journal.await_close(result.observation.puppet)
    until(lambda: session not in served.service.sessions)


def test_one_client_serves_several_threads_one_call_after_the_other(served: Served) -> None:
    totals: list[int] = []
    with PuppetEnv(base_url=served.url) as env:
        env.reset()

        def play() -> None:
            totals.extend(env.step(add(1)).observation.total for _ in range(20))

        threads = [threading.Thread(target=play) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert sorted(totals) == list(range(1, 81))


@in_loop
async def test_cancelling_a_step_lets_it_end_before_the_next(served: Served) -> None:
    async with PuppetEnv(base_url=served.url) as env:
        await env.reset()
        step = asyncio.ensure_future(env.step(PuppetAction(do="wait", name="cancelled", amount=5)))
        await asyncio.get_running_loop().run_in_executor(None, turnstiles.named("cancelled").await_entry)
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
        turnstiles.named("cancelled").open()
        assert (await env.step(add(1))).observation.total == 6


def test_errors_of_the_environment_are_typed_and_the_episode_goes_on(served: Served) -> None:
    with PuppetEnv(base_url=served.url) as env:
        with pytest.raises(ResetRequiredError):
            env.step(add(1))
        env.reset()
        with pytest.raises(InvalidActionError, match="puppets cannot fly"):
            env.step(PuppetAction(do="raise", name="refused"))
        with pytest.raises(ExecutionError, match="the puppet's secret"):
            env.step(PuppetAction(do="raise", name="ValueError"))
        with pytest.raises(InvalidResultError):
            env.step(PuppetAction(do="nan"))
        with pytest.raises(RequestValidationError, match="reset takes no option"):
            env.reset(colour="red")
        with pytest.raises(RequestValidationError):
            env.reset(seed=-1)
        assert env.step(add(1)).observation.steps == 2


def test_a_client_without_models_speaks_dicts(served: Served) -> None:
    with GenericEnvClient(base_url=served.url) as env:
        assert env.reset(seed=5).observation["total"] == 5
        for action in ({"amount": 2}, GenericAction(amount=2), PuppetAction(amount=2)):
            result = env.step(action)
        assert result.observation["total"] == 11
        assert env.state()["step_count"] == 3
        with pytest.raises(RequestValidationError) as caught:
            env.step({"colour": "red"})
        assert caught.value.data["errors"][0]["loc"] == ["colour"]


def test_generic_actions_show_what_they_are() -> None:
    assert repr(GenericAction(message="hi", times=2)) == "GenericAction(message='hi', times=2)"
    assert GenericAction(a=1) == {"a": 1}


@pytest.mark.parametrize(
    "arguments",
    [{}, {"base_url": "no address://"}, {"base_url": ""}, {"base_url": "http://x", "mode": "party"}, {"provider": 5}],
)
def test_a_client_that_cannot_work_is_refused_when_it_is_made(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        PuppetEnv(**arguments)


def test_a_client_without_types_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="does not say what it plays") as caught:
        EnvClient(base_url="http://localhost:8000")
    assert "GenericEnvClient" in str(caught.value.hint)


def test_existing_arguments_are_taken_in_their_order() -> None:
    order = list(inspect.signature(EnvClient).parameters)
    assert order[:3] == ["base_url", "connect_timeout_s", "message_timeout_s"]
    assert order[3:6] == ["max_message_size_mb", "websocket_ping_interval_s", "websocket_ping_timeout_s"]
    assert order[6:9] == ["provider", "mode", "headers"]
    env = PuppetEnv("http://localhost:8000", 10.0, 50.0, 100.0, 20.0, None, None, "simulation", {"X": "y"})
    recipe = env._session.recipe
    assert (recipe.base_url, recipe.message_timeout_s, recipe.headers) == ("http://localhost:8000", 50.0, {"X": "y"})


def test_no_pings_and_an_address_without_a_scheme_are_taken(served: Served) -> None:
    with PuppetEnv(base_url=served.address, websocket_ping_interval_s=None, mode="production") as env:
        assert env.reset(seed=4).observation.total == 4
