"""Whatever a client sends gets a typed error, and the same session plays on."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from support.puppets import Puppet, turnstiles
from support.serving import Served
from support.wire import Frame, V2Client, code_of, error_of, request, v1, v2
from websockets.exceptions import ConnectionClosed

DEEP_ARRAY = "[" * 10_000 + "]" * 10_000
DEEP_ACTION = '{"type": "step", "id": 2, "data": ' + '{"metadata": ' * 10_000 + "1" + "}" * 10_001

# Each with the code it gets, in both dialects.
BROKEN: dict[str, tuple[Any, str]] = {
    "nothing": ("", "INVALID_JSON"),
    "broken JSON": ('{"type": "step", ', "INVALID_JSON"),
    "words": ("hello", "INVALID_JSON"),
    "half a character": ('{"type": "\\ud83d"}', "INVALID_JSON"),
    "10,000 arrays": (DEEP_ARRAY, "INVALID_JSON"),
    "an array": ("[1, 2]", "VALIDATION_ERROR"),
    "a number": ("7", "VALIDATION_ERROR"),
    "a string": ('"reset"', "VALIDATION_ERROR"),
    "null": ("null", "VALIDATION_ERROR"),
    "a binary frame": (b'{"type": "state"}', "VALIDATION_ERROR"),
    "a binary frame that is no text": (b"\xff\x00", "VALIDATION_ERROR"),
    "an empty object": ("{}", "UNKNOWN_TYPE"),
    "an unknown type": ({"type": "jump"}, "UNKNOWN_TYPE"),
    "a type that is no text": ({"type": 7}, "UNKNOWN_TYPE"),
}

# Only in v2: each is a request whose id can be read.
REFUSED: dict[str, tuple[Frame, str]] = {
    "an unknown key": (request("state", 2, depth=1), "VALIDATION_ERROR"),
    "an unknown type": (request("jump", 2), "UNKNOWN_TYPE"),
    "a missing field": (request("step", 2), "VALIDATION_ERROR"),
    "an action of the wrong type": (request("step", 2, [1]), "VALIDATION_ERROR"),
    "a field of the wrong type": (request("step", 2, {"amount": "much"}), "VALIDATION_ERROR"),
    "an unknown field": (request("step", 2, {"jump": 1}), "VALIDATION_ERROR"),
    "a negative seed": (request("reset", 2, {"seed": -1}), "VALIDATION_ERROR"),
    "a seed beyond 32 bits": (request("reset", 2, {"seed": 2**32}), "VALIDATION_ERROR"),
    "an episode's name of 256 characters": (request("reset", 2, {"episode_id": "x" * 256}), "VALIDATION_ERROR"),
    "an unknown option": (request("reset", 2, {"level": 1}), "VALIDATION_ERROR"),
    "a limit of no time": (request("state", 2, timeout_s=0), "VALIDATION_ERROR"),
    "data for a state": (request("state", 2, {"all": True}), "VALIDATION_ERROR"),
}


def assert_plays_on(client: V2Client, number: int) -> None:
    assert client.step(number)["type"] == "observation"
    assert client.request("state", number + 1)["type"] == "state"


def test_broken_frames_consume_no_id_in_v2(everywhere: Served) -> None:
    with v2(everywhere.ws) as client:
        client.open().reset()
        for what, (frame, code) in BROKEN.items():
            reply = client.ask(frame)
            assert (what, code_of(reply), reply["id"]) == (what, code, None)
        assert client.ask(DEEP_ACTION)["id"] is None
        assert_plays_on(client, 2)


def test_refused_requests_consume_their_id_in_v2(everywhere: Served) -> None:
    with v2(everywhere.ws) as client:
        client.open().reset()
        for number, (what, (frame, code)) in enumerate(REFUSED.items(), 2):
            reply = client.ask({**frame, "id": number})
            assert (what, code_of(reply), reply["id"]) == (what, code, number)
            assert error_of(reply)["message"]
        assert_plays_on(client, 2 + len(REFUSED))


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "2", None, 2**63, [2]])
def test_an_id_that_is_no_id_is_refused_and_consumes_nothing(everywhere: Served, number: Any) -> None:
    with v2(everywhere.ws) as client:
        client.open().reset()
        reply = client.ask({"type": "state", "id": number})
        assert (code_of(reply), reply["id"]) == ("VALIDATION_ERROR", None)
        assert_plays_on(client, 2)


def test_broken_frames_get_a_typed_error_in_v1(everywhere: Served) -> None:
    with v1(everywhere.ws) as client:
        for what, (frame, code) in BROKEN.items():
            reply = client.ask(frame)
            assert (what, code_of(reply)) == (what, code)
            assert "id" not in reply
        for frame in ({"type": "step"}, {"type": "step", "data": {"amount": "x"}}, {"type": "state", "data": {}}):
            assert code_of(client.ask(frame)) == "VALIDATION_ERROR"
        assert client.ask({"type": "reset"})["type"] == "observation"
        assert client.ask({"type": "step", "data": {"amount": 2}})["data"]["observation"]["total"] == 2


def test_v1_takes_any_seed_and_drops_unknown_options(everywhere: Served) -> None:
    with v1(everywhere.ws) as client:
        options = {"seed": -5, "episode_id": "x" * 300, "level": 3}
        assert client.ask({"type": "reset", "data": options})["data"]["observation"]["total"] == -5


def test_a_step_before_a_reset_is_refused_in_v2_and_passed_on_in_v1(everywhere: Served) -> None:
    with v2(everywhere.ws) as client:
        client.open()
        assert code_of(client.step(1)) == "RESET_REQUIRED"
        assert client.reset(2)["type"] == "observation"
        assert client.step(3, "end")["data"]["done"] is True
        assert code_of(client.step(4)) == "RESET_REQUIRED"
    with v1(everywhere.ws) as client:
        assert client.ask({"type": "step", "data": {"amount": 2}})["data"]["observation"]["total"] == 2


# Ids


def test_ids_that_are_skipped_reused_or_old_are_refused(everywhere: Served) -> None:
    with v2(everywhere.ws) as client:
        client.open().reset()
        first = client.step(2, amount=5)
        assert code_of(client.step(4)) == "OUT_OF_ORDER"
        assert code_of(client.step(1)) == "STALE_REQUEST"
        assert code_of(client.step(2, amount=6)) == "ID_REUSED"
        assert client.step(2, amount=5) == first
        assert client.step(3)["data"]["observation"]["total"] == 6


def test_a_second_request_while_one_runs_is_refused_and_the_first_is_answered(serve: Any) -> None:
    turnstile = turnstiles.named("a second request")
    with v2(serve(Puppet, isolation="thread").ws) as client:
        client.open().reset()
        waiting = request("step", 2, {"do": "wait", "name": "a second request"})
        client.send(waiting)
        turnstile.await_entry()
        assert code_of(client.step(3)) == "BUSY"
        client.send(waiting)
        assert code_of(client.ask("{")) == "INVALID_JSON"
        turnstile.open()
        reply = client.receive()
        assert (reply["id"], reply["data"]["observation"]["steps"]) == (2, 1)
        assert client.step(3)["data"]["observation"]["steps"] == 2


# Frames that end the socket, not the session

HEADER_OF_17_MEGABYTES = struct.pack(">BBQ4x", 0x81, 0xFF, 17_000_000)  # text, masked, and how long it will be


@pytest.mark.parametrize("running", [False, True])
def test_a_frame_of_17_megabytes_closes_1009_and_the_resumed_session_plays_on(serve: Any, running: bool) -> None:
    served = serve(Puppet, isolation="thread")
    with v2(served.ws) as client:
        session = client.open().session
        client.reset()
        if running:
            client.send(request("step", 2, {"do": "wait", "name": "17 megabytes"}))
            turnstiles.named("17 megabytes").await_entry()
        client.connection.socket.sendall(HEADER_OF_17_MEGABYTES)
        assert client.ending() == ([], 1009)
    assert_resumes(served, session, running, "17 megabytes")


def test_who_goes_on_sending_17_megabytes_can_resume_too(serve: Any) -> None:
    served = serve(Puppet, isolation="thread")
    with v2(served.ws) as client:
        session = client.open().session
        client.reset()
        with contextlib.suppress(ConnectionClosed):
            client.send('{"type": "step", "id": 2, "data": {"name": "' + "x" * 17_000_000 + '"}}')
        assert client.ending()[1] in (1009, 1006)  # the system may drop the reason along with what was not read
    assert_resumes(served, session, False, "")


@pytest.mark.parametrize("running", [False, True])
def test_a_frame_that_is_not_utf8_closes_1007_and_the_resumed_session_plays_on(serve: Any, running: bool) -> None:
    served = serve(Puppet, isolation="thread")
    with v2(served.ws) as client:
        session = client.open().session
        client.reset()
        if running:
            client.send(request("step", 2, {"do": "wait", "name": "not utf8"}))
            turnstiles.named("not utf8").await_entry()
        client.connection.send(b'{"type": "state", "id": 3, "data": "\xff"}', text=True)
        assert client.ending() == ([], 1007)
    assert_resumes(served, session, running, "not utf8")


def assert_resumes(served: Served, session: Frame, running: bool, name: str) -> None:
    if running:
        turnstiles.named(name).open()
    with v2(served.ws) as client:
        resumed = client.resume(session)["data"]
        assert (resumed["resumed"], resumed["last_id"]) == (True, 2 if running else 1)
        if running:
            repeated = client.step(2, "wait", name=name)
            assert repeated["data"]["observation"]["steps"] == 1
        else:
            assert client.step(2)["data"]["observation"]["steps"] == 1
