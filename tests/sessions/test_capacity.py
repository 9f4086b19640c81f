"""Who gets a slot, who waits for one and who has to go, with the protocol's own numbers of seconds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.puppets import AsyncPuppet
from support.staging import Player, Stage, body_of, in_jumping_time

from openenv.errors import (
    SessionCapacityError,
    SessionExpiredError,
)
from openenv.protocol import Dialect
from openenv.protocol.frames import Reply
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
