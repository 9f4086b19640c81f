"""A session outlives its socket: nothing is lost, nothing runs twice, and the newest socket wins."""

from __future__ import annotations

from typing import Any

import pytest
from support.puppets import Puppet, journal, turnstiles
from support.serving import LogTap, Served, tapped_log, until
from support.wire import Frame, V2Client, code_of, error_of, request, v1, v2

from openenv.server import websocket


@pytest.fixture
def served(serve: Any) -> Served:
    server: Served = serve(Puppet, isolation="thread", max_sessions=16)
    return server


@pytest.fixture
def log() -> Any:
    with tapped_log() as tap:
        yield tap


def puppet_of(reply: Frame) -> int:
    return int(reply["data"]["observation"]["puppet"])


def drop(client: V2Client, log: LogTap) -> None:
    """Vanish, and wait until the server has noticed."""
    client.cut()
    log.wait_for(client.session["session_id"], "connection lost")


def test_a_session_introduces_itself(served: Served) -> None:
    with v2(served.ws) as client:
        session = client.open().session

    assert session.keys() == {
        *("session_id", "session_token", "resumed", "last_id", "resume_window_s", "idle_timeout_s"),
        *("max_message_bytes", "server"),
    }
    assert (session["resumed"], session["last_id"], session["resume_window_s"]) == (False, 0, 60.0)
    assert (session["idle_timeout_s"], session["max_message_bytes"]) == (900.0, 16 * 1024 * 1024)
    assert session["server"].startswith("openenv-kit/")


def test_the_server_picks_v2_where_it_is_offered_and_no_subprotocol_otherwise(served: Served) -> None:
    with v2(served.ws) as client:
        assert client.connection.subprotocol == "openenv.v2"
    for offered in (None, ["chat", "openenv.v3"]):
        with v1(served.ws, subprotocols=offered) as client:
            assert client.connection.subprotocol is None
            assert client.ask({"type": "state"})["type"] == "state"


def test_who_vanishes_between_requests_finds_everything_as_it_was(served: Served, log: LogTap) -> None:
    with v2(served.ws) as client:
        puppet = puppet_of(client.open().reset())
        client.step(2, amount=5)
        drop(client, log)
    with v2(served.ws) as again:
        resumed = again.resume(client.session)
        assert resumed["type"] == "session"
        assert (resumed["data"]["resumed"], resumed["data"]["last_id"]) == (True, 2)
        assert again.session["session_id"] == client.session["session_id"]
        reply = again.step(3, amount=6)
        assert (puppet_of(reply), reply["data"]["observation"]["total"]) == (puppet, 11)
    assert journal.of(puppet).count("step") == 2


def test_who_vanishes_before_the_reply_gets_it_when_it_asks_again(served: Served, log: LogTap) -> None:
    turnstile = turnstiles.named("before the reply")
    with v2(served.ws) as client:
        puppet = puppet_of(client.open().reset())
        client.send(request("step", 2, {"do": "wait", "name": "before the reply"}))
        turnstile.await_entry()
        drop(client, log)
    turnstile.open()
    with v2(served.ws) as again:
        assert again.resume(client.session)["data"]["last_id"] == 2
        reply = again.step(2, "wait", name="before the reply")
        assert (reply["id"], reply["data"]["observation"]["steps"]) == (2, 1)
        assert again.step(3)["data"]["observation"]["steps"] == 2
    assert journal.of(puppet).count("step") == 2


def test_who_resumes_while_its_request_runs_waits_for_the_one_reply(served: Served, log: LogTap) -> None:
    turnstile = turnstiles.named("still running")
    with v2(served.ws) as client:
        puppet = puppet_of(client.open().reset())
        client.send(request("step", 2, {"do": "wait", "name": "still running"}))
        turnstile.await_entry()
        drop(client, log)
    with v2(served.ws) as again:
        again.resume(client.session)
        assert code_of(again.step(3)) == "BUSY"
        again.send(request("step", 2, {"do": "wait", "name": "still running"}))
        assert code_of(again.ask("{")) == "INVALID_JSON"
        turnstile.open()
        assert again.receive()["data"]["observation"]["steps"] == 1
        assert again.step(3)["data"]["observation"]["steps"] == 2
    assert journal.of(puppet).count("step") == 2


def test_who_resumes_and_does_not_ask_again_hears_nothing_of_the_old_request(served: Served, log: LogTap) -> None:
    turnstile = turnstiles.named("not asked again")
    with v2(served.ws) as client:
        puppet = puppet_of(client.open().reset())
        client.send(request("step", 2, {"do": "wait", "name": "not asked again"}))
        turnstile.await_entry()
        drop(client, log)
    with v2(served.ws) as again:
        again.resume(client.session)
        turnstile.open()
        until(lambda: again.request("state", 3)["type"] == "state")  # BUSY before that, and nothing else
        assert again.request("state", 3)["data"]["step_count"] == 1
    assert journal.of(puppet).count("step") == 1


def test_the_newest_socket_wins_and_the_older_one_gets_nothing_more(served: Served) -> None:
    turnstile = turnstiles.named("newest wins")
    with v2(served.ws) as old, v2(served.ws) as new:
        puppet = puppet_of(old.open().reset())
        old.send(request("step", 2, {"do": "wait", "name": "newest wins"}))
        turnstile.await_entry()
        assert new.resume(old.session)["data"]["resumed"] is True
        assert old.ending() == ([], 4001)
        new.send(request("step", 2, {"do": "wait", "name": "newest wins"}))
        assert code_of(new.ask("{")) == "INVALID_JSON"
        turnstile.open()
        assert new.receive()["data"]["observation"]["steps"] == 1
        assert new.step(3)["data"]["observation"]["steps"] == 2
    assert journal.of(puppet).count("step") == 2


def test_a_session_can_be_passed_on_many_times(served: Served) -> None:
    with v2(served.ws) as first:
        puppet = puppet_of(first.open().reset())
        session = first.session
        for number in range(2, 8):
            with v2(served.ws) as client:
                assert client.resume(session)["data"]["last_id"] == number - 1
                assert puppet_of(client.step(number)) == puppet
                client.cut()


# Ends


@pytest.mark.parametrize("code", [1000, 1001])
def test_a_client_that_closes_in_good_order_ends_its_session(served: Served, log: LogTap, code: int) -> None:
    with v2(served.ws) as client:
        puppet = puppet_of(client.open().reset())
        client.connection.close(code)
    log.wait_for(client.session["session_id"], "ended: closed")
    assert journal.of(puppet) == ["init", "reset", "close"]
    with v2(served.ws) as again:
        answer = again.resume(client.session)
        assert (code_of(answer), error_of(answer)["reason"]) == ("SESSION_EXPIRED", "closed")
        assert again.ending() == ([], 1008)


@pytest.mark.parametrize("code", [1011, 4000])
def test_a_client_that_closes_otherwise_keeps_its_session(served: Served, log: LogTap, code: int) -> None:
    with v2(served.ws) as client:
        client.open().reset()
        client.connection.close(code)
    log.wait_for(client.session["session_id"], "connection lost")
    with v2(served.ws) as again:
        assert again.resume(client.session)["data"]["resumed"] is True


def test_a_close_frame_ends_the_session_and_the_socket(served: Served, log: LogTap) -> None:
    with v2(served.ws) as client:
        puppet = puppet_of(client.open().reset())
        client.send(request("close", 2))
        assert client.ending() == ([], 1000)
    log.wait_for(client.session["session_id"], "ended: closed")
    assert journal.of(puppet) == ["init", "reset", "close"]


def test_a_close_frame_while_a_step_runs_ends_the_session_when_the_step_has_returned(
    served: Served, log: LogTap
) -> None:
    turnstile = turnstiles.named("close while running")
    with v2(served.ws) as client:
        puppet = puppet_of(client.open().reset())
        client.send(request("step", 2, {"do": "wait", "name": "close while running"}))
        turnstile.await_entry()
        client.send(request("close", 3))
        assert client.ending() == ([], 1000)
    turnstile.open()
    log.wait_for(client.session["session_id"], "ended: closed")
    assert journal.of(puppet) == ["init", "reset", "step", "close"]


def test_wrong_credentials_are_refused(served: Served) -> None:
    with v2(served.ws) as holder:
        session = holder.open().session
        wrong = [
            {**session, "session_token": "x"},
            {**session, "session_token": ""},
            {**session, "session_id": "nobody"},
            {**session, "session_token": session["session_token"].swapcase()},
        ]
        for credentials in wrong:
            with v2(served.ws) as client:
                assert code_of(client.resume(credentials)) == "SESSION_NOT_FOUND"
                assert client.ending() == ([], 1008)
        assert holder.reset()["type"] == "observation"


def test_a_session_of_http_cannot_be_resumed_over_a_socket_nor_the_other_way_round(served: Served) -> None:
    with served.http() as http, v2(served.ws) as client, v2(served.ws) as other:
        made = http.post("/sessions").json()
        assert code_of(client.resume(made)) == "SESSION_NOT_FOUND"
        session = other.open().session
        headers = {"X-OpenEnv-Session": session["session_token"]}
        assert http.get(f"/sessions/{session['session_id']}/state", headers=headers).status_code == 404
        assert other.reset()["type"] == "observation"


# The first frame


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "INVALID_JSON"),
        (b"{}", "VALIDATION_ERROR"),
        ({"type": "hello"}, "UNKNOWN_TYPE"),
        (request("reset", 1), "VALIDATION_ERROR"),
        (request("close", 1), "VALIDATION_ERROR"),
        ({"type": "open", "data": {"wait_s": -1}}, "VALIDATION_ERROR"),
        ({"type": "open", "data": {"slots": 2}}, "VALIDATION_ERROR"),
        ({"type": "open", "id": 1}, "VALIDATION_ERROR"),
        ({"type": "resume"}, "VALIDATION_ERROR"),
        ({"type": "resume", "data": {"session_id": "x"}}, "VALIDATION_ERROR"),
        ('{"type": "resume", "data": {"session_id": "x", "session_token": "\\ud83d"}}', "INVALID_JSON"),
    ],
)
def test_a_first_frame_of_another_kind_is_refused(served: Served, frame: Any, code: str) -> None:
    with v2(served.ws) as client:
        assert code_of(client.ask(frame)) == code
        assert client.ending() == ([], 1008)


def test_a_client_that_says_nothing_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "FIRST_FRAME_TIMEOUT_S", 0.05)
    with v2(served.ws) as client:
        frames, code = client.ending()
        assert ([code_of(frame) for frame in frames], code) == (["VALIDATION_ERROR"], 1008)


@pytest.mark.parametrize("kind", ["open", "resume"])
def test_a_session_is_opened_once_a_socket(served: Served, kind: str) -> None:
    with v2(served.ws) as client:
        session = client.open().session
        credentials = {name: session[name] for name in ("session_id", "session_token")}
        reply = client.ask({"type": kind, "data": credentials if kind == "resume" else {}})
        assert (code_of(reply), reply["id"]) == ("VALIDATION_ERROR", None)
        assert client.reset()["type"] == "observation"


def test_requests_may_follow_the_opening_without_waiting(served: Served) -> None:
    with v2(served.ws) as client:
        client.send({"type": "open"})
        client.send(request("reset", 1))
        assert [client.receive()["type"] for _ in range(2)] == ["session", "observation"]


def test_a_close_may_follow_the_opening_without_waiting(served: Served) -> None:
    with v2(served.ws) as client:
        client.send({"type": "open"})
        client.send(request("close", 1))
        frames, code = client.ending()
        assert ([frame["type"] for frame in frames], code) == (["session"], 1000)


# v1


def test_a_v1_session_ends_with_its_socket_and_the_slot_is_free_when_the_socket_is_closed(serve: Any) -> None:
    served = serve(Puppet, isolation="thread", max_sessions=1)
    for _ in range(10):
        with v1(served.ws) as client:
            puppet = puppet_of(client.ask({"type": "reset"}))
            client.send({"type": "close"})
            assert client.ending() == ([], 1000)
        assert journal.of(puppet) == ["init", "reset", "close"]


def test_a_v1_client_that_vanishes_in_the_middle_of_a_step_leaves_nothing(serve: Any) -> None:
    served, turnstile = serve(Puppet, isolation="thread", max_sessions=1), turnstiles.named("v1 vanishes")
    with v1(served.ws) as client:
        puppet = puppet_of(client.ask({"type": "reset"}))
        client.send({"type": "step", "data": {"do": "wait", "name": "v1 vanishes"}})
        turnstile.await_entry()
        client.cut()
    turnstile.open()
    journal.await_close(puppet)
    assert journal.of(puppet) == ["init", "reset", "step", "close"]


def test_v1_requests_that_come_at_once_are_answered_in_order(served: Served) -> None:
    with v1(served.ws) as client:
        client.send({"type": "reset"})
        for amount in range(20):
            client.send({"type": "step", "data": {"amount": amount}})
        client.send({"type": "state"})
        replies = [client.receive() for _ in range(22)]
        assert [reply["data"]["reward"] for reply in replies[1:21]] == list(range(20))
        assert replies[21]["data"]["step_count"] == 20
