"""A full server, its queue, and those who hold slots without using them."""

from __future__ import annotations

import contextlib
from contextlib import ExitStack
from typing import Any

import pytest
from support.puppets import InlinePuppet, LonelyPuppet, Puppet, SleepingBeauty, journal, turnstiles
from support.serving import Served, serving, tapped_log, until
from support.wire import V2Client, code_of, error_of, request, v1, v2
from websockets.exceptions import ConnectionClosed


def ready(served: Served) -> tuple[int, dict[str, Any]]:
    with served.http() as http:
        answer = http.get("/ready")
        return answer.status_code, answer.json()


def opened(stack: ExitStack, served: Served) -> V2Client:
    return stack.enter_context(v2(served.ws)).open()


def queued(stack: ExitStack, served: Served, wait_s: float = 30.0) -> tuple[V2Client, int]:
    """Connect and wait; returns the place in the queue."""
    client = stack.enter_context(v2(served.ws))
    answer = client.ask({"type": "open", "data": {"wait_s": wait_s}})
    assert answer["type"] == "queued", answer
    return client, answer["data"]["position"]


def test_a_full_server_refuses_who_does_not_wait() -> None:
    with serving(InlinePuppet, max_sessions=2) as served, ExitStack() as stack:
        assert ready(served) == (200, counts("ready", 0, 2))
        for _ in range(2):
            opened(stack, served)
        assert ready(served) == (503, counts("full", 2, 2))
        with v2(served.ws) as client:
            refusal = error_of(client.ask({"type": "open"}))
            assert client.ending() == ([], 1013)
        with v1(served.ws) as old:
            frames, code = old.ending()
        assert refusal.items() >= {"code": "CAPACITY_REACHED", "active_sessions": 2, "max_sessions": 2}.items()
        assert 1 <= refusal["retry_after_s"] <= 60
        assert ([code_of(frame) for frame in frames], code) == (["CAPACITY_REACHED"], 1000)
        assert frames[0]["data"].keys() == {"message", "code", "active_sessions", "max_sessions"}


def counts(status: str, active: int, most: int, waiting: int = 0, stuck: int = 0) -> dict[str, Any]:
    return {
        "status": status,
        "active_sessions": active,
        "max_sessions": most,
        "waiting": waiting,
        "stuck": stuck,
    }


def test_those_who_wait_hear_their_place_and_are_served_in_order() -> None:
    with serving(InlinePuppet, max_sessions=1) as served, ExitStack() as stack:
        holder = opened(stack, served)
        waiting = [queued(stack, served) for _ in range(4)]
        assert [position for _, position in waiting] == [1, 2, 3, 4]
        assert ready(served) == (503, counts("full", 1, 1, waiting=4))
        with v2(served.ws) as client:  # four times the slots may wait
            refusal = error_of(client.ask({"type": "open", "data": {"wait_s": 30}}))
            assert (refusal["code"], client.ending()) == ("CAPACITY_REACHED", ([], 1013))
            assert 1 <= refusal["retry_after_s"] <= 60
        with served.http() as http:
            assert http.post("/sessions?wait_s=30").headers["retry-after"] == str(round(refusal["retry_after_s"]))
        for client, _ in waiting:
            holder.send(request("close", 1))
            session = client.receive()
            assert (session["type"], session["data"]["resumed"]) == ("session", False)
            holder = client


def test_who_has_waited_in_vain_is_refused() -> None:
    with serving(InlinePuppet, max_sessions=1) as served, ExitStack() as stack:
        opened(stack, served)
        client, _ = queued(stack, served, wait_s=0.05)
        frames, code = client.ending()
        assert ([code_of(frame) for frame in frames], code) == (["CAPACITY_REACHED"], 1013)
        assert frames[0]["data"]["retry_after_s"] >= 1
        assert ready(served)[1]["waiting"] == 0


@pytest.mark.parametrize("how", ["cut", "close"])
def test_a_waiter_whose_socket_dies_leaves_the_queue(how: str) -> None:
    with serving(InlinePuppet, max_sessions=1) as served, ExitStack() as stack:
        holder = opened(stack, served)
        leaver, _ = queued(stack, served)
        last, _ = queued(stack, served)
        leaver.cut() if how == "cut" else leaver.connection.close()
        until(lambda: ready(served)[1]["waiting"] == 1)
        holder.send(request("close", 1))
        assert last.receive()["type"] == "session"
        assert ready(served)[1]["active_sessions"] == 1


def test_a_waiter_may_send_requests_ahead_but_not_without_end() -> None:
    with serving(InlinePuppet, max_sessions=1) as served, ExitStack() as stack:
        holder = opened(stack, served)
        patient, _ = queued(stack, served)
        flooding, _ = queued(stack, served)
        patient.send(request("reset", 1))
        with contextlib.suppress(ConnectionClosed):  # the server does not wait for the last of them
            for number in range(1, 30):
                flooding.send(request("reset", number))
        frames, code = flooding.ending()
        assert ([code_of(frame) for frame in frames], code) == (["VALIDATION_ERROR"], 1008)
        holder.send(request("close", 1))
        assert [patient.receive()["type"] for _ in range(2)] == ["session", "observation"]


def test_a_trainer_that_restarts_at_full_capacity_gets_its_slots_back() -> None:
    with serving(InlinePuppet, max_sessions=3, limits={"evict_after_s": 0.0}) as served, ExitStack() as stack:
        with tapped_log() as log:
            lost = [opened(stack, served) for _ in range(3)]
            for client in lost:
                client.reset()
                client.cut()
                log.wait_for(client.session["session_id"], "connection lost")
        again = [stack.enter_context(v2(served.ws)) for _ in range(3)]
        for client in again:
            client.send({"type": "open", "data": {"wait_s": 30}})
        for client in again:
            greeting = client.receive()
            assert (greeting if greeting["type"] == "session" else client.receive())["type"] == "session"
        with v2(served.ws) as client:
            answer = error_of(client.resume(lost[0].session))
            assert (answer["code"], answer["reason"]) == ("SESSION_EXPIRED", "evicted")


def test_an_attached_session_is_not_taken_from_its_client() -> None:
    with serving(InlinePuppet, max_sessions=1, limits={"evict_after_s": 0.0}) as served, ExitStack() as stack:
        holder = opened(stack, served)
        queued(stack, served)
        assert holder.reset()["type"] == "observation"


@pytest.mark.parametrize("limits", [{"attached_idle_timeout_s": 0.1}, {"idle_timeout_s": 0.1}])
def test_a_session_that_idles_too_long_is_told_and_closed(limits: dict[str, Any]) -> None:
    with serving(InlinePuppet, max_sessions=1, limits=limits) as served, ExitStack() as stack:
        holder = opened(stack, served)
        if "idle_timeout_s" in limits:
            queued(stack, served)
        frames, code = holder.ending()
        assert [(code_of(frame), frame["data"]["reason"], frame["id"]) for frame in frames] == [
            ("SESSION_EXPIRED", "idle", None)
        ]
        assert code == 1008


def test_an_http_session_idles_out() -> None:
    with serving(InlinePuppet, max_sessions=1, limits={"idle_timeout_s": 0.05}) as served:
        with tapped_log() as log, served.http() as http:
            made = http.post("/sessions").json()
            log.wait_for(made["session_id"], "ended: idle")
            gone = http.get(f"/sessions/{made['session_id']}", headers={"X-OpenEnv-Session": made["session_token"]})
        assert (gone.status_code, gone.json()["code"]) == (410, "SESSION_EXPIRED")
        assert gone.json()["detail"] == {"reason": "idle"}


def test_a_server_whose_slots_are_all_stuck_is_unhealthy_until_they_return() -> None:
    turnstile = turnstiles.named("unhealthy")
    settings = {"isolation": "thread", "max_sessions": 2}
    with serving(Puppet, **settings) as served, ExitStack() as stack, served.http() as http:
        puppets = []
        for stuck in (1, 2):
            assert (http.get("/health").status_code, http.head("/health").status_code) == (200, 200)
            client = opened(stack, served)
            puppets.append(client.reset()["data"]["observation"]["puppet"])
            step = {"do": "wait", "name": "unhealthy"}
            assert code_of(client.request("step", 2, step, timeout_s=0.05)) == "TIMEOUT"
            assert client.ending() == ([], 1011)
            assert http.get("/ready").json()["stuck"] == stuck
        assert (http.get("/health").status_code, http.head("/health").status_code) == (503, 503)
        assert http.get("/health").json() == {"status": "unhealthy"}
        turnstile.open()
        for puppet in puppets:
            journal.await_close(puppet)
        for client in (stack.enter_context(v2(served.ws)) for _ in range(2)):
            client.send({"type": "open", "data": {"wait_s": 30}})
            assert client.receive()["type"] in ("session", "queued")
        assert http.get("/health").status_code == 200


def test_a_client_that_vanishes_while_its_environment_is_made_leaves_nothing() -> None:
    turnstile = turnstiles.fresh("beauty")
    with serving(SleepingBeauty, max_sessions=1) as served, tapped_log() as log:
        with v2(served.ws) as client:
            client.send({"type": "open"})
            turnstile.await_entry()
            client.cut()
        until(lambda: served.call(lambda: served.service._endings.tasks))
        turnstile.open()
        log.wait_for("ended: failed to open")
        assert ready(served)[1]["active_sessions"] == 0


def test_an_environment_that_cannot_live_beside_others_has_one_slot(serve: Any) -> None:
    assert ready(serve(LonelyPuppet))[1]["max_sessions"] == 1
    assert ready(serve(LonelyPuppet, isolation="process"))[1]["max_sessions"] == 64
    assert ready(serve(Puppet))[1]["max_sessions"] == 64
