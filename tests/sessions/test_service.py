"""Opening, resuming and ending sessions, with the protocol's own numbers of seconds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.puppets import AsyncPuppet, journal
from support.serving import tapped_log
from support.staging import Player, Stage, body_of, in_jumping_time, observation_of

from openenv.errors import (
    ServerDrainingError,
    SessionCapacityError,
    SessionExpiredError,
    SessionNotFoundError,
)
from openenv.protocol import Dialect
from openenv.protocol.frames import Reply, Request
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


# Capacity and the queue


@in_jumping_time
async def test_a_full_server_refuses_at_once_who_does_not_wait() -> None:
    async with stage(most=2) as there:
        await there.open()
        await there.open()
        with pytest.raises(SessionCapacityError) as full:
            await there.open()

    assert full.value.data == {"active_sessions": 2, "max_sessions": 2, "retry_after_s": 5.0}


@in_jumping_time
async def test_v1_newcomers_are_refused_at_once_and_hear_what_deployed_servers_say() -> None:
    async with stage(most=1) as there:
        await there.open()
        with pytest.raises(SessionCapacityError) as full:
            await there.service.open(Phase.ATTACHED, dialect=Dialect.V1, wait_s=30.0)

    assert full.value.data == {"active_sessions": 1, "max_sessions": 1}


@in_jumping_time
async def test_those_who_wait_are_served_in_order() -> None:
    async with stage(most=1) as there:
        holder = await there.open()
        places: list[int] = []
        waiting = [
            asyncio.ensure_future(there.service.open(Phase.ATTACHED, wait_s=30.0, on_queued=places.append))
            for _ in range(3)
        ]
        await asyncio.sleep(1.0)
        assert places == [1, 2, 3]

        session = holder.session
        for served in waiting:
            there.service.end(session, "closed")
            session = await served
            assert there.service.store.active == 1


@in_jumping_time
async def test_who_has_waited_in_vain_is_told_when_to_try_again() -> None:
    async with stage(most=1) as there:
        await there.open()
        begun = now()
        with pytest.raises(SessionCapacityError) as full:
            await there.open(wait_s=30.0)

        assert now() - begun == pytest.approx(30.0)
        assert full.value.data["retry_after_s"] == 5.0
        assert there.service.store.waiting == 0


@in_jumping_time
async def test_the_queue_is_bounded() -> None:
    async with stage(most=1) as there:
        holder = await there.open()
        waiting = [asyncio.ensure_future(there.open(wait_s=30.0)) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(SessionCapacityError, match="4 others wait"):
            await there.open(wait_s=30.0)

        assert there.service.store.waiting == 4
        there.service.end(holder.session, "closed")
        await waiting[0]
        assert {type(error) for error in await asyncio.gather(*waiting[1:], return_exceptions=True)} == {
            SessionCapacityError
        }


@in_jumping_time
async def test_a_waiter_who_leaves_is_passed_over() -> None:
    async with stage(most=1) as there:
        holder = await there.open()
        first, second = (asyncio.ensure_future(there.open(wait_s=30.0)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        there.service.end(holder.session, "closed")

        assert (await second).session.ended is None


@in_jumping_time
async def test_a_slot_granted_to_a_waiter_who_leaves_in_that_moment_goes_to_the_next() -> None:
    async with stage(most=1) as there:
        lease = there.service.store.acquire()
        first, second = (asyncio.ensure_future(there.open(wait_s=30.0)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        there.service.store.release(lease)  # before the first could say that it leaves
        await asyncio.wait([first])

        assert (await second).session.ended is None
        assert there.service.store.active == 1


@in_jumping_time
async def test_a_waiter_who_leaves_after_being_served_gives_the_slot_back() -> None:
    async with stage(most=1) as there:
        lease = there.service.store.acquire()
        waiter = asyncio.ensure_future(there.open(wait_s=30.0))
        await asyncio.sleep(0)
        there.service.store.release(lease)
        waiter.cancel()
        await asyncio.wait([waiter])

        assert there.service.store.active == 0


# Time


@in_jumping_time
async def test_a_detached_session_is_kept_for_a_minute() -> None:
    async with stage(most=1) as there:
        player = await played(there)
        there.service.detach(player.session)
        begun = now()
        await asyncio.sleep(59.0)
        there.service.attach(player.session)
        there.service.detach(player.session)
        while there.service.sessions:
            await asyncio.sleep(1.0)

        assert now() - begun == pytest.approx(59.0 + 60.0, abs=1.0)
        lease = player.session.lease
        with pytest.raises(SessionExpiredError) as gone:
            there.service.find(lease.id, lease.token, http=False)
        assert gone.value.data == {"reason": "detached"}


@in_jumping_time
async def test_a_client_that_vanishes_in_the_middle_of_a_step_does_not_keep_its_slot_for_ever() -> None:
    async with stage(most=1) as there:
        player = await played(there)
        answered: list[Reply] = []
        step = player.request("step", {"do": "sleep", "amount": 200})
        player.session.submit(step, lambda reply, _: answered.append(reply))
        there.service.detach(player.session)
        begun = now()
        while there.service.sessions:
            await asyncio.sleep(1.0)

        assert answered == []
        assert now() - begun == pytest.approx(200.0 + 60.0, abs=2.0)


@in_jumping_time
async def test_a_request_that_outlives_the_timer_does_not_keep_a_session_for_ever() -> None:
    async with stage(most=1, deadlines=Deadlines(None, None)) as there:
        player = await played(there)
        begun = now()
        await player.submit(player.request("step", {"do": "sleep", "amount": 8000}))
        while there.service.sessions:
            await asyncio.sleep(10.0)

        assert now() - begun == pytest.approx(8000.0 + 3600.0, abs=10.0)


@in_jumping_time
async def test_who_waits_gets_the_slot_of_the_longest_detached_session_after_ten_seconds() -> None:
    async with stage(most=3) as there:
        players = [await played(there) for _ in range(3)]
        for player in players[:2]:
            there.service.detach(player.session)
            await asyncio.sleep(4.0)
        begun = now()
        newcomer = await there.open(wait_s=30.0)

        assert now() - begun == pytest.approx(2.0)
        assert [player.session.ended for player in players] == ["evicted", None, None]
        assert newcomer.session.ended is None


@in_jumping_time
async def test_a_trainer_that_restarts_at_full_capacity_gets_every_slot_back() -> None:
    async with stage(most=3) as there:
        lost = [await played(there) for _ in range(3)]
        for player in lost:
            there.service.detach(player.session)
        begun = now()
        await asyncio.gather(*(there.open(wait_s=30.0) for _ in range(3)))

        assert now() - begun == pytest.approx(10.0)
        assert {player.session.ended for player in lost} == {"evicted"}


@in_jumping_time
async def test_a_stuck_environment_does_not_stop_the_next_from_being_evicted() -> None:
    async with stage(most=2, deadlines=Deadlines(close_s=15.0)) as there:
        stuck, detached = await played(there), await played(there)
        await stuck.step("spoil_close", name="wait")
        there.service.detach(detached.session)
        there.service.end(stuck.session, "closed")
        begun = now()
        await there.open(wait_s=60.0)

        assert now() - begun == pytest.approx(15.0)


@in_jumping_time
async def test_sessions_may_idle_for_an_hour_and_less_while_somebody_waits() -> None:
    async with stage(most=1) as there:
        await played(there)
        begun = now()
        while there.service.sessions:
            await asyncio.sleep(10.0)
        assert now() - begun == pytest.approx(3600.0, abs=10.0)

        await played(there)
        begun = now()
        await there.open(wait_s=2000.0)
        assert now() - begun == pytest.approx(900.0)


@in_jumping_time
async def test_a_session_over_http_may_idle_for_a_quarter_of_an_hour() -> None:
    async with stage(most=1) as there:
        await there.service.open(Phase.UNATTACHED)
        begun = now()
        while there.service.sessions:
            await asyncio.sleep(10.0)

        assert now() - begun == pytest.approx(900.0, abs=10.0)


@in_jumping_time
async def test_a_session_whose_time_is_up_is_told_why() -> None:
    async with stage(most=1) as there:
        told: list[Reply] = []
        player = await played(there)
        player.session.dismiss = told.append
        while there.service.sessions:
            await asyncio.sleep(10.0)

    (reply,) = told
    assert (reply.code, body_of(reply)["reason"], reply.fatal) == ("SESSION_EXPIRED", "idle", True)


# Exactly once


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
