"""Every request is answered exactly once, whatever its session or server does meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.puppets import AsyncPuppet, BrokenPuppet, journal
from support.serving import tapped_log
from support.staging import Player, Stage, body_of, in_jumping_time, in_loop, observation_of

from openenv.errors import EnvironmentFactoryError, ServerDrainingError, SessionNotFoundError
from openenv.protocol.frames import Reply, Request
from openenv.sessions.service import Place
from openenv.sessions.session import Deadlines
from openenv.sessions.store import Phase


def stage(**options: Any) -> Stage:
    """A stage on the loop's own clock."""
    return Stage("inline", AsyncPuppet, clock=asyncio.get_running_loop().time, **options)


def now() -> float:
    return asyncio.get_running_loop().time()


async def played(where: Stage) -> Player:
    player = await where.open()
    await player.reset()
    return player


@in_jumping_time
async def test_a_request_that_is_repeated_while_it_runs_is_answered_to_all_who_asked_and_runs_once() -> None:
    async with stage() as there:
        player = await played(there)
        step = player.request("step", {"do": "sleep", "amount": 5})
        answers = await asyncio.gather(*(player.submit(step) for _ in range(3)))

        assert len({answer.body for answer in answers}) == 1
        assert observation_of(await player.step())["steps"] == 2


@in_jumping_time
async def test_the_same_connection_that_repeats_a_running_request_is_answered_once() -> None:
    async with stage() as there:
        player = await played(there)
        received: list[Reply] = []

        def deliver(reply: Reply, _: Any) -> None:
            received.append(reply)

        step = player.request("step", {"do": "sleep", "amount": 5})
        for _ in range(3):
            player.session.submit(step, deliver)
        await asyncio.sleep(6.0)

        assert len(received) == 1


@pytest.mark.parametrize("when", [1.0, 6.0])
@in_jumping_time
async def test_a_reply_that_found_nobody_is_kept_for_who_asks_again(when: float) -> None:
    async with stage() as there:
        player = await played(there)
        step = player.request("step", {"do": "sleep", "amount": 5})
        lost = player.submit(step)
        there.service.detach(player.session)
        await asyncio.sleep(when)
        there.service.attach(player.session)

        assert observation_of(await player.submit(step))["steps"] == 1
        assert not lost.done()


@in_jumping_time
async def test_errors_are_kept_and_repeated_like_results() -> None:
    async with stage() as there:
        player = await played(there)
        step = player.request("step", {"do": "raise", "name": "ValueError"})
        first, second = await player.submit(step), await player.submit(step)

        assert first == second
        assert journal.of(int(observation_of(await player.step())["puppet"])).count("step") == 2


@in_jumping_time
async def test_a_session_that_has_ended_answers_so() -> None:
    async with stage() as there:
        player = await played(there)
        there.service.end(player.session, "closed")

        reply = await player.step()
        assert (reply.code, body_of(reply)["reason"]) == ("SESSION_EXPIRED", "closed")


@in_jumping_time
async def test_a_request_whose_session_is_ended_is_answered() -> None:
    async with stage() as there:
        player = await played(there)
        running = player.submit(player.request("step", {"do": "linger"}))
        there.service.end(player.session, "closed")

        assert (await running).code == "SESSION_EXPIRED"


@in_jumping_time
async def test_a_step_without_a_deadline_outlives_that_of_the_reset_before_it() -> None:
    async with stage(deadlines=Deadlines(reset_s=10.0, step_s=None)) as there:
        player = await played(there)

        assert (await player.step("sleep", amount=20)).kind == "observation"


@in_jumping_time
async def test_a_newcomer_to_a_session_whose_request_times_out_is_told() -> None:
    async with stage() as there:
        player = await played(there)
        lost = player.submit(player.request("step", {"do": "linger"}, timeout_s=20.0))
        there.service.detach(player.session)
        there.service.attach(player.session)
        told: list[Reply] = []
        player.session.dismiss = told.append
        await asyncio.sleep(25.0)

        assert [reply.code for reply in told] == ["TIMEOUT"]
        assert not lost.done()


# Finding


@in_jumping_time
async def test_a_session_is_found_only_by_the_way_it_is_played() -> None:
    async with stage() as there:
        socket, http = await there.service.open(Phase.ATTACHED), await there.service.open(Phase.UNATTACHED)

        assert there.service.find(socket.id, socket.lease.token, http=False) is socket
        assert there.service.find(http.id, http.lease.token, http=True) is http
        with pytest.raises(SessionNotFoundError, match="WebSocket"):
            there.service.find(socket.id, socket.lease.token, http=True)
        with pytest.raises(SessionNotFoundError, match="HTTP"):
            there.service.find(http.id, http.lease.token, http=False)


@in_jumping_time
async def test_tokens_are_never_logged() -> None:
    with tapped_log() as log:
        async with stage() as there:
            player = await played(there)
            await player.step("raise", name="ValueError")
            there.service.detach(player.session)
            there.service.attach(player.session)

    assert log.lines
    assert not log.find(player.session.lease.token)


# Draining


@in_jumping_time
async def test_a_draining_server_lets_episodes_end_and_tells_all_others() -> None:
    there = stage()
    idle, busy, detached = [await there.open() for _ in range(3)]
    told: dict[str, list[Reply]] = {"idle": [], "busy": []}
    idle.session.dismiss, busy.session.dismiss = told["idle"].append, told["busy"].append
    await busy.reset()
    await detached.reset()
    there.service.detach(detached.session)
    draining = asyncio.ensure_future(there.service.drain(30.0))
    await asyncio.sleep(1.0)

    assert [reply.code for reply in told["idle"]] == ["DRAINING"]
    assert list(there.service.sessions) == [busy.session.id]
    with pytest.raises(ServerDrainingError):
        await there.open()
    with pytest.raises(ServerDrainingError):
        await there.open(wait_s=10.0)
    assert observation_of(await busy.step())["steps"] == 1
    assert body_of(await busy.step("end"))["done"]
    await draining
    assert [reply.code for reply in told["busy"]] == ["DRAINING"]
    assert there.service.sessions == {}


@in_jumping_time
async def test_draining_ends_after_its_time() -> None:
    there = stage()
    busy = await played(there)
    running = busy.submit(busy.request("step", {"do": "linger"}))
    begun = now()
    await there.service.drain(30.0)

    assert now() - begun == pytest.approx(30.0)
    assert (await running).code == "DRAINING"


@in_jumping_time
async def test_draining_can_be_cut_short() -> None:
    there = stage()
    await played(there)
    begun = now()
    await there.service.drain(30.0, stop_now=lambda: now() - begun > 5.0)

    assert now() - begun == pytest.approx(5.0, abs=0.2)


@in_jumping_time
async def test_those_who_wait_are_told_that_the_server_drains() -> None:
    there = stage(most=1)
    await there.open()
    waiter = asyncio.ensure_future(there.open(wait_s=30.0))
    await asyncio.sleep(1.0)
    draining = asyncio.ensure_future(there.service.drain(30.0))
    with pytest.raises(ServerDrainingError):
        await waiter
    await draining


@in_jumping_time
async def test_shutting_down_does_not_wait_for_ever_for_an_environment() -> None:
    there = stage()
    player = await played(there)
    await player.step("spoil_close", name="wait")
    begun = now()
    await there.service.shut_down()
    await there.service.shut_down()

    assert now() - begun == pytest.approx(11.0, abs=1.0)
    await there.free_slots(4)


@in_jumping_time
async def test_an_invalid_request_without_an_id_is_answered_while_another_runs() -> None:
    async with stage() as there:
        player = await played(there)
        running = player.submit(player.request("step", {"do": "sleep", "amount": 5}))
        broken = Request("invalid", ServerDrainingError("anything"))

        assert (await player.submit(broken)).kind == "error"
        assert not running.done()
        assert (await running).kind == "observation"


@pytest.mark.parametrize("place", ["inline", "thread", "process"])
@in_loop
async def test_the_slot_of_an_environment_that_cannot_be_made_is_free_when_that_is_heard(place: Place) -> None:
    async with Stage(place, BrokenPuppet, most=1) as stage:
        for _ in range(2):
            with pytest.raises(EnvironmentFactoryError):
                await stage.open()
            assert stage.service.store.active == 0
