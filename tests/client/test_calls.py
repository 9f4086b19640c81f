"""Calls that are late, cancelled, or made at the same time."""

from __future__ import annotations

import asyncio

import pytest
from scripted import Add, Adder, Peer, in_loop, scripted

from openenv.errors import (
    DeadlineError,
    ResponseTimeoutError,
    SessionExpiredError,
)

SHORT_S = 0.05


@pytest.mark.parametrize("speaks_v2", [True, False])
@in_loop
async def test_a_late_reply_is_dropped_and_the_next_call_gets_its_own(speaks_v2: bool) -> None:
    waited = asyncio.Event()

    async def only(peer: Peer) -> None:
        if speaks_v2:
            await peer.greet()
        await peer.take()
        await waited.wait()
        await peer.reply(111, 1 if speaks_v2 else None)
        await peer.answer(total=222)

    async with scripted(only, speaks_v2=speaks_v2) as stage, Adder(stage.url, message_timeout_s=SHORT_S) as env:
        with pytest.raises(ResponseTimeoutError, match="no reply to step") as caught:
            await env.step(Add())
        assert isinstance(caught.value, TimeoutError)
        with pytest.raises(ResponseTimeoutError, match="was not sent"):
            await env.step(Add())
        env._session.link.message_timeout_s = 30.0  # type: ignore[union-attr]
        following = asyncio.ensure_future(env.step(Add()))  # waits for the first one's end
        waited.set()
        assert (await following).observation.total == 222


@in_loop
async def test_a_cancelled_step_does_not_disturb_the_next_one() -> None:
    arrived, cancelled = asyncio.Event(), asyncio.Event()

    async def only(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        arrived.set()
        await cancelled.wait()
        await peer.reply(111, 1)
        assert (await peer.answer(total=222))["data"]["x"] == 2

    async with scripted(only) as stage, Adder(stage.url) as env:
        step = asyncio.ensure_future(env.step(Add(x=1)))
        await arrived.wait()
        queued = asyncio.ensure_future(env.step(Add(x=99)))  # waits for the one before it, and is never sent
        await asyncio.wait([queued], timeout=0)
        for task in (queued, step):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        cancelled.set()
        assert (await env.step(Add(x=2))).observation.total == 222


@in_loop
async def test_a_cancelled_step_that_was_cut_off_still_runs_once() -> None:
    arrived, cancelled = asyncio.Event(), asyncio.Event()

    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        arrived.set()
        await cancelled.wait()
        peer.cut()

    async def second(peer: Peer) -> None:
        await peer.greet(last_id=0)
        assert (await peer.answer(total=111))["data"]["x"] == 1
        assert (await peer.answer(total=222))["data"]["x"] == 2

    async with scripted(first, second) as stage, Adder(stage.url) as env:
        step = asyncio.ensure_future(env.step(Add(x=1)))
        await arrived.wait()
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
        cancelled.set()
        assert (await env.step(Add(x=2))).observation.total == 222


@in_loop
async def test_calls_made_at_the_same_time_run_one_after_the_other() -> None:
    async def only(peer: Peer) -> None:
        await peer.greet()
        for total in range(20):
            assert (await peer.answer(total))["data"]["x"] == total

    async with scripted(only) as stage, Adder(stage.url) as env:
        results = await asyncio.gather(*(env.step(Add(x=x)) for x in range(20)))
    assert [result.observation.total for result in results] == list(range(20))


@in_loop
async def test_a_deadline_of_the_server_ends_the_session() -> None:
    async def only(peer: Peer) -> None:
        await peer.greet()
        assert (await peer.take())["timeout_s"] == 0.5
        await peer.error("TIMEOUT", 1)
        await peer.socket.close(1011)

    async with scripted(only) as stage, Adder(stage.url) as env:
        with pytest.raises(DeadlineError):
            await env.step(Add(), timeout_s=0.5)
        with pytest.raises(SessionExpiredError, match="the session ended") as caught:
            await env.step(Add())
        assert caught.value.data == {"reason": "timeout"}
        assert stage.connections == 1
