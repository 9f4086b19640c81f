"""Many sessions, played side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from scripted import Adder, Peer, in_loop, scripted
from support.puppets import (
    InlinePuppet,
    LonelyPuppet,
    Puppet,
    PuppetAction,
    PuppetObservation,
    journal,
    turnstiles,
)
from support.serving import Served, serving

import openenv
from openenv.client import EnvClient, GenericEnvClient
from openenv.client.pool import HANDSHAKES
from openenv.errors import (
    ConcurrencyConfigurationError,
    ConfigurationError,
    ConnectError,
    InvalidActionError,
    RequestValidationError,
    ResponseTimeoutError,
    SessionCapacityError,
    SessionExpiredError,
)
from openenv.types import State, StepResult

N = 5


class PuppetEnv(EnvClient[PuppetAction, PuppetObservation, State]):
    """Needs no body."""


class Doubling(PuppetEnv):
    """Has a step of its own."""

    async def step(self, action: PuppetAction, **more: Any) -> StepResult[PuppetObservation]:  # type: ignore[override]
        return await super().step(PuppetAction(amount=2 * action.amount))


class CountingProvider:
    """Says where a server is, and counts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[str] = []

    def start(self) -> str:
        self.calls.append("start")
        return self.url

    def stop(self) -> None:
        self.calls.append("stop")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(Puppet, max_sessions=100) as server:
        yield server


def adds(*amounts: int) -> list[PuppetAction]:
    return [PuppetAction(amount=amount) for amount in amounts]


def totals(outcomes: list[Any]) -> list[int]:
    return [outcome.observation.total for outcome in outcomes]


def test_results_come_in_order_on_the_sync_face(served: Served) -> None:
    with openenv.pool(partial(PuppetEnv, served.url), N) as envs:
        assert len(envs) == N
        assert totals(envs.reset_all(seeds=range(10, 10 + N))) == [10, 11, 12, 13, 14]
        assert totals(envs.step_all(adds(1, 2, 3, 4, 5))) == [11, 13, 15, 17, 19]
        assert envs[2].state().step_count == 1
        assert totals(envs.reset_all()) == [0] * N


@in_loop
async def test_and_on_the_async_one(served: Served) -> None:
    async with openenv.pool(partial(PuppetEnv, served.url), N) as envs:
        puppets = [outcome.observation.puppet for outcome in await envs.reset_all(seeds=[1, None, 2, None, 3])]  # type: ignore[union-attr]
        assert len(set(puppets)) == N
        assert totals(await envs.step_all(adds(*[1] * N))) == [2, 1, 3, 1, 4]
        assert [(await env.state()).step_count for env in envs] == [1] * N
    for puppet in puppets:
        journal.await_close(puppet)


@in_loop
async def test_a_bare_pool_opens_itself_and_its_sync_face_works_in_a_loop(served: Served) -> None:
    envs = openenv.pool(served.url, 2)
    assert [outcome.observation["total"] for outcome in await envs.reset_all(seeds=[1, 2])] == [1, 2]  # type: ignore[union-attr]
    await envs.close()
    with openenv.pool(served.url, 2) as sync:
        assert [outcome.observation["total"] for outcome in sync.reset_all(seeds=[3, 4])] == [3, 4]  # type: ignore[union-attr]


def test_an_error_is_a_value_in_its_own_place(served: Served) -> None:
    with openenv.pool(GenericEnvClient, 3, base_url=served.url) as envs:
        envs.reset_all()
        unspeakable, refused, fine = envs.step_all(
            [{"amount": object()}, {"do": "raise", "name": "refused"}, {"amount": 5}]
        )
        assert isinstance(unspeakable, RequestValidationError)
        assert isinstance(refused, InvalidActionError)
        assert isinstance(fine, StepResult)
        assert fine.observation["total"] == 5
        bad_reset = envs.reset_all(colour="red")
        assert [type(outcome) for outcome in bad_reset] == [RequestValidationError] * 3


def test_a_session_without_an_action_is_left_alone(served: Served) -> None:
    with openenv.pool(partial(PuppetEnv, served.url), 3) as envs:
        envs.reset_all()
        outcomes = envs.step_all([PuppetAction(), None, PuppetAction()])
        assert outcomes[1] is None
        assert [env.state().step_count for env in (envs[0], envs[1], envs[2])] == [1, 0, 1]
        assert envs.step_all([None] * 3) == [None] * 3


def test_a_lost_session_stays_lost_until_it_is_connected_again(served: Served) -> None:
    with openenv.pool(partial(PuppetEnv, served.url), 2) as envs:
        envs.reset_all()
        session = served.call(lambda: served.service.sessions[envs[0].session_id])
        served.call(served.service.end, session, "evicted")
        served.call(session.supersede or (lambda: None))
        for _ in range(2):
            lost, fine = envs.step_all(adds(1, 1))
            assert isinstance(lost, ConnectionError)
            assert isinstance(fine, StepResult)
        envs[0].connect()
        assert totals(envs.reset_all()) == [0, 0]


def test_a_step_that_takes_too_long_is_a_value_too(served: Served) -> None:
    with openenv.pool(partial(PuppetEnv, served.url, message_timeout_s=0.2), 2) as envs:
        envs.reset_all()
        late, fine = envs.step_all([PuppetAction(do="wait", name="pool"), PuppetAction()])
        turnstiles.named("pool").open()
        assert isinstance(late, ResponseTimeoutError)
        assert isinstance(fine, StepResult)


@in_loop
async def test_a_cancelled_round_does_not_disturb_the_next_one(served: Served) -> None:
    async with openenv.pool(partial(PuppetEnv, served.url), 2) as envs:
        await envs.reset_all()
        waiting = [PuppetAction(do="wait", name="round", amount=5)] * 2
        task = asyncio.ensure_future(envs.step_all(waiting))
        await asyncio.get_running_loop().run_in_executor(None, turnstiles.named("round").await_entry)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        turnstiles.named("round").open()
        assert totals(await envs.step_all(adds(1, 2))) == [6, 7]


def test_an_overridden_method_runs_in_a_pool_too(served: Served) -> None:
    with openenv.pool(partial(Doubling, served.url), 2) as envs:
        envs.reset_all()
        assert totals(envs.step_all(adds(1, 2))) == [2, 4]


def test_a_client_is_a_recipe_whose_server_the_sessions_share(served: Served) -> None:
    provider = CountingProvider(served.url)
    recipe = PuppetEnv(provider=provider)
    with openenv.pool(recipe, N) as envs:
        assert totals(envs.reset_all(seeds=range(N))) == list(range(N))
        assert provider.calls == ["start"]
    assert provider.calls == ["start", "stop"]
    with openenv.pool(recipe, 2) as envs:
        envs.reset_all()
    assert provider.calls == ["start", "stop"] * 2


@pytest.mark.parametrize("kind", [Puppet, InlinePuppet])
def test_an_environment_is_played_in_this_process(kind: type[Puppet]) -> None:
    with openenv.pool(kind, N) as envs:
        assert totals(envs.reset_all(seeds=range(N))) == list(range(N))
        assert totals(envs.step_all(adds(*[1] * N))) == [1, 2, 3, 4, 5]


def test_more_sessions_than_handshakes_at_a_time_are_opened(served: Served) -> None:
    with openenv.pool(served.url, HANDSHAKES + 10) as envs:
        assert len(envs.reset_all()) == HANDSHAKES + 10


def test_a_pool_that_does_not_fit_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Puppet, max_sessions=3) as served:
        with monkeypatch.context() as impatient:
            impatient.setattr("openenv.client.link.WAIT_FOR_SLOT_S", 0.0)
            with pytest.raises(SessionCapacityError):
                openenv.pool(served.url, 4).connect()
        with openenv.pool(served.url, 3) as envs:
            assert len(envs.reset_all()) == 3


def test_after_a_session_that_is_not_to_be_had_no_further_one_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openenv.client.link.WAIT_FOR_SLOT_S", 0.0)
    monkeypatch.setattr("openenv.client.pool.HANDSHAKES", 1)
    with serving(Puppet, max_sessions=2) as served:
        providers = [CountingProvider(served.url) for _ in range(N)]
        waiting = iter(providers)
        with pytest.raises(SessionCapacityError):
            openenv.pool(lambda: GenericEnvClient(provider=next(waiting)), N).connect()

    assert [provider.calls[:1] for provider in providers] == [["start"], ["start"], ["start"], [], []]


@in_loop
async def test_a_pool_that_is_given_up_while_it_connects_leaves_nothing_open() -> None:
    waiting, left = asyncio.Event(), asyncio.Event()

    async def opens(peer: Peer) -> None:
        await peer.greet()
        await peer.stay()
        left.set()

    async def never_greets(peer: Peer) -> None:
        await peer.take()
        waiting.set()
        await peer.stay()

    async with scripted(opens, never_greets) as stage:
        pool = openenv.pool(Adder(stage.url), 2)
        opening = asyncio.ensure_future(pool.connect())
        await waiting.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await left.wait()


def test_a_server_that_does_not_start_is_tried_once() -> None:
    class Broken(CountingProvider):
        def start(self) -> str:
            super().start()
            raise ConnectError("it does not start")

    provider = Broken("")
    with pytest.raises(ConnectError, match="does not start"):
        openenv.pool(GenericEnvClient(provider=provider), N).connect()
    assert provider.calls == ["start"]


@pytest.mark.parametrize("target", [5, object(), lambda: "not a client"])
def test_a_target_that_makes_no_clients_is_refused(target: Any) -> None:
    with pytest.raises(ConfigurationError):
        openenv.pool(target, 2)


def test_a_pool_has_at_least_one_session() -> None:
    with pytest.raises(ConfigurationError):
        openenv.pool("http://localhost:8000", 0)


def test_an_environment_that_lives_alone_is_refused() -> None:
    with pytest.raises(ConcurrencyConfigurationError):
        openenv.pool(LonelyPuppet, 2)
    openenv.pool(LonelyPuppet, 1)


def test_one_of_each_is_needed(served: Served) -> None:
    with openenv.pool(served.url, 2) as envs:
        with pytest.raises(ConfigurationError, match="2 sessions need as many actions, got 1"):
            envs.step_all([{}])
        with pytest.raises(ConfigurationError, match="2 sessions need as many seeds, got 3") as refused:
            envs.reset_all(seeds=[1, 2, 3])
    assert isinstance(refused.value, ValueError)


def test_expired_sessions_are_connection_errors() -> None:
    assert issubclass(SessionExpiredError, ConnectionError)
