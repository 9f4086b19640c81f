"""The rules of a session on the client's side, without a socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openenv.client.exchange import Call, Exchange, Greeted, Over, Phase, Settled
from openenv.errors import (
    BusyError,
    ConnectError,
    DeadlineError,
    InvalidActionError,
    InvalidResultError,
    OpenEnvError,
    RequestValidationError,
    ServerDrainingError,
    SessionCapacityError,
    SessionError,
    SessionExpiredError,
    SessionNotFoundError,
    SessionSupersededError,
)
from openenv.protocol import Dialect

LIMIT = 1000


def frame(kind: str, data: Any, **more: Any) -> bytes:
    return json.dumps({"type": kind, **more, "data": data}).encode()


def session(last_id: int = 0) -> bytes:
    facts = {"session_id": "s", "session_token": "t", "resume_window_s": 60, "max_message_bytes": LIMIT}
    return frame("session", {**facts, "resumed": last_id > 0, "last_id": last_id})


def error(code: str, number: int | None = None) -> bytes:
    return frame("error", {"code": code, "message": "said so"}, id=number)


def call(kind: str = "step", body: str | None = "{}") -> Call:
    return Call(kind, body, lambda outcome: None)


def opened(dialect: Dialect = Dialect.V2) -> Exchange:
    exchange = Exchange(wait_s=30)
    exchange.connected(dialect)
    if dialect is Dialect.V2:
        assert exchange.received(session()) == Greeted(None)
    assert exchange.idle
    return exchange


def sent(exchange: Exchange, kind: str = "step", body: str | None = "{}") -> Call:
    request = call(kind, body)
    exchange.send(request)
    return request


def test_the_client_speaks_first_in_v2() -> None:
    exchange = Exchange(wait_s=30)
    assert json.loads(exchange.connected(Dialect.V2) or b"") == {"type": "open", "data": {"wait_s": 30}}
    assert exchange.received(frame("queued", {"position": 3})) is None
    assert not exchange.idle


def test_in_v1_requests_may_be_sent_at_once_and_carry_no_id() -> None:
    exchange = Exchange(wait_s=30)
    assert exchange.connected(Dialect.V1) is None
    assert json.loads(exchange.send(call("state", None))) == {"type": "state"}


def test_ids_count_from_one_and_a_reply_settles_its_request() -> None:
    exchange = opened()
    for number in (1, 2, 3):
        request = call("step", '{"x":1}')
        assert json.loads(exchange.send(request)) == {"type": "step", "id": number, "data": {"x": 1}}
        body = b'{"observation":{}}'
        reply = b'{"type":"observation","id":%d,"data":%s}' % (number, body)
        assert exchange.received(reply) == Settled(request, body)
        assert exchange.idle


def test_a_reply_may_be_laid_out_as_any_json() -> None:
    exchange = opened()
    request = sent(exchange)
    reply = b'{ "id" : 1, "data": {"observation": {}}, "type": "observation" }'
    assert exchange.received(reply) == Settled(request, b'{"observation":{}}')


def test_replies_to_older_requests_are_dropped() -> None:
    exchange = opened()
    sent(exchange)
    exchange.received(frame("observation", {}, id=1))
    second = sent(exchange)
    assert exchange.received(frame("observation", {"late": True}, id=1)) is None
    assert exchange.received(error("EXECUTION_ERROR", 1)) is None
    assert exchange.pending is second


def test_a_reply_without_a_request_is_dropped() -> None:
    exchange = opened()
    assert exchange.received(frame("observation", {}, id=1)) is None
    assert exchange.received(error("EXECUTION_ERROR", 1)) is None
    assert exchange.idle


def test_a_reply_of_another_kind_ends_the_session() -> None:
    exchange = opened()
    sent(exchange, "state", None)
    event = exchange.received(frame("observation", {}, id=1))
    assert isinstance(event, Over)
    assert type(event.error) is SessionError


@pytest.mark.parametrize(
    "raw", [b"", b"nonsense", b"[]", b"5", b"{}", b'{"type":"observation","id":1,"data":', b"\xff"]
)
def test_what_is_not_a_frame_ends_the_session(raw: bytes) -> None:
    exchange = opened()
    sent(exchange)
    if raw.startswith(b'{"type":"observation"'):
        event = exchange.received(raw)  # looks like a reply: whoever reads the payload finds out
        assert isinstance(event, Settled)
    else:
        assert isinstance(exchange.received(raw), Over)


def test_kinds_of_frames_that_are_not_known_are_ignored() -> None:
    exchange = opened()
    assert exchange.received(frame("news", {"weather": "fine"})) is None
    assert exchange.received(session(7)) is None
    assert exchange.idle


def test_a_typed_error_settles_its_request_and_the_session_goes_on() -> None:
    exchange = opened()
    request = sent(exchange)
    event = exchange.received(error("INVALID_ACTION", 1))
    assert isinstance(event, Settled)
    assert event.call is request
    assert isinstance(event.outcome, InvalidActionError)
    assert json.loads(exchange.send(call()))["id"] == 2


def test_an_error_that_consumed_no_id_gives_the_id_back() -> None:
    exchange = opened()
    sent(exchange)
    event = exchange.received(error("BUSY", 1))
    assert isinstance(event, Settled)
    assert isinstance(event.outcome, BusyError)
    assert json.loads(exchange.send(call()))["id"] == 1


def test_an_error_whose_request_could_not_be_read_gives_the_id_back() -> None:
    exchange = opened()
    request = sent(exchange)
    event = exchange.received(error("INVALID_JSON", None))
    assert isinstance(event, Settled)
    assert event.call is request
    assert json.loads(exchange.send(call()))["id"] == 1


def test_a_deadline_that_passed_ends_the_session_with_its_request() -> None:
    exchange = opened()
    sent(exchange)
    event = exchange.received(error("TIMEOUT", 1))
    assert isinstance(event, Settled)
    assert isinstance(event.outcome, DeadlineError)
    assert isinstance(exchange.error, SessionExpiredError)
    assert exchange.error.data == {"reason": "timeout"}
    assert not exchange.lost(1011, "").resume


def test_a_session_that_ends_between_requests_says_why() -> None:
    exchange = opened()
    event = exchange.received(error("DRAINING", None))
    assert isinstance(event, Over)
    assert isinstance(event.error, ServerDrainingError)
    assert not exchange.lost(1001, "").resume
    assert isinstance(exchange.error, ServerDrainingError)


def test_a_session_that_ends_during_a_request_ends_the_request_too() -> None:
    exchange = opened()
    sent(exchange)
    assert isinstance(exchange.received(error("SESSION_EXPIRED", None)), Over)
    assert exchange.pending is not None


def test_a_full_server_is_an_error_while_opening() -> None:
    exchange = Exchange(wait_s=0)
    exchange.connected(Dialect.V2)
    event = exchange.received(error("CAPACITY_REACHED", None))
    assert isinstance(event, Over)
    assert isinstance(event.error, SessionCapacityError)
    assert not exchange.lost(1013, "").resume


def test_a_full_v1_server_says_so_without_being_asked() -> None:
    exchange = Exchange(wait_s=0)
    exchange.connected(Dialect.V1)
    event = exchange.received(error("CAPACITY_REACHED"))
    assert isinstance(event, Over)
    assert isinstance(event.error, SessionCapacityError)


def test_a_greeting_that_lacks_something_ends_the_session() -> None:
    exchange = Exchange(wait_s=0)
    exchange.connected(Dialect.V2)
    assert isinstance(exchange.received(frame("session", {"session_id": "s"})), Over)


def test_a_connection_that_closes_before_the_greeting_is_no_session() -> None:
    exchange = Exchange(wait_s=0)
    exchange.connected(Dialect.V2)
    assert not exchange.lost(1006, "").resume
    assert isinstance(exchange.error, ConnectError)


def test_a_v1_session_ends_with_its_connection() -> None:
    exchange = opened(Dialect.V1)
    assert not exchange.lost(1006, "").resume
    assert isinstance(exchange.error, SessionExpiredError)
    assert exchange.error.data == {"reason": "lost", "close_code": 1006}


def test_a_session_that_the_server_does_not_keep_ends_with_its_connection() -> None:
    exchange = Exchange(wait_s=30)
    exchange.connected(Dialect.V2)
    exchange.received(session().replace(b'"resume_window_s": 60', b'"resume_window_s": 0'))
    assert exchange.idle
    assert not exchange.lost(1006, "").resume
    assert isinstance(exchange.error, SessionExpiredError)


@pytest.mark.parametrize("code", [1005, 1006, 1011, 1012])
def test_after_an_abnormal_close_the_session_is_resumed(code: int) -> None:
    exchange = opened()
    assert exchange.lost(code, "").resume
    proof = {"session_id": "s", "session_token": "t"}
    assert json.loads(exchange.connected(Dialect.V2) or b"") == {"type": "resume", "data": proof}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1000, SessionExpiredError),
        (1001, ServerDrainingError),
        (1008, SessionError),
        (1013, SessionCapacityError),
        (4001, SessionSupersededError),
    ],
)
def test_after_a_final_close_it_is_not(code: int, expected: type[OpenEnvError]) -> None:
    exchange = opened()
    sent(exchange)
    assert not exchange.lost(code, "because").resume
    assert type(exchange.error) is expected
    assert "because" in str(exchange.error) or code == 4001


@pytest.mark.parametrize(("last_id", "again"), [(0, "never arrived"), (1, "was running or answered")])
def test_an_unanswered_request_is_repeated_as_it_was(last_id: int, again: str) -> None:
    exchange = opened()
    request = call("step", '{"x":1}')
    first = exchange.send(request)
    exchange.lost(1006, "")
    exchange.connected(Dialect.V2)
    assert exchange.received(session(last_id)) == Greeted(first), again
    assert exchange.received(frame("observation", {}, id=1)) == Settled(request, b"{}")


def test_a_server_that_lost_requests_is_not_believed() -> None:
    exchange = opened()
    for number in (1, 2):
        sent(exchange)
        exchange.received(frame("observation", {}, id=number))
    sent(exchange)
    exchange.lost(1006, "")
    exchange.connected(Dialect.V2)
    assert isinstance(exchange.received(session(0)), Over)


@pytest.mark.parametrize(("code", "words"), [(1009, "larger than the server takes"), (1007, "not valid UTF-8")])
def test_a_refused_frame_is_an_error_and_is_not_repeated(code: int, words: str) -> None:
    exchange = opened()
    request = sent(exchange)
    loss = exchange.lost(code, "")
    assert loss.resume
    assert loss.refused is not None
    assert loss.refused.call is request
    assert isinstance(loss.refused.outcome, RequestValidationError)
    assert words in str(loss.refused.outcome)
    exchange.connected(Dialect.V2)
    assert exchange.received(session(0)) == Greeted(None)
    assert json.loads(exchange.send(call()))["id"] == 1


def test_a_reply_that_is_too_large_is_an_error_although_the_step_ran() -> None:
    exchange = opened()
    sent(exchange)
    loss = exchange.lost(1009, "", ours=True)
    assert loss.refused is not None
    assert isinstance(loss.refused.outcome, InvalidResultError)
    exchange.connected(Dialect.V2)
    exchange.received(session(1))
    assert json.loads(exchange.send(call()))["id"] == 2


def test_a_request_larger_than_the_server_takes_is_not_sent() -> None:
    exchange = opened()
    with pytest.raises(RequestValidationError) as caught:
        exchange.send(call("step", json.dumps("x" * LIMIT)))
    assert caught.value.data == {"max_message_bytes": LIMIT}
    assert exchange.idle
    assert json.loads(exchange.send(call()))["id"] == 1


def test_a_server_that_no_longer_speaks_v2_does_not_know_the_session() -> None:
    exchange = opened()
    exchange.lost(1006, "")
    assert exchange.connected(Dialect.V1) is None
    assert isinstance(exchange.error, SessionNotFoundError)


def test_the_first_error_stands() -> None:
    exchange = opened()
    exchange.end(SessionError("first"))
    exchange.end(SessionError("second"))
    assert str(exchange.error) == "first"
    assert exchange.phase is Phase.OVER


def test_deadlines_are_sent_in_v2_only() -> None:
    for dialect, expected in ((Dialect.V2, 2.5), (Dialect.V1, None)):
        request = Call("step", "{}", None, timeout_s=2.5)
        assert json.loads(opened(dialect).send(request)).get("timeout_s") == expected


class ModelServer:
    """Answers each id once, keeps the last reply, and loses what the test cuts."""

    def __init__(self) -> None:
        self.last_id = 0
        self.ran: list[Any] = []
        self._reply = b""

    def take(self, raw: bytes) -> bytes:
        request = json.loads(raw)
        number = request["id"]
        assert number in (self.last_id, self.last_id + 1)
        if number > self.last_id:
            self.last_id = number
            self.ran.append(request["data"])
            self._reply = frame("observation", request["data"], id=number)
        return self._reply


FATES = st.sampled_from(["fine", "cut before it arrives", "cut before the reply", "cut while resuming", "reply twice"])


@given(st.lists(st.lists(FATES, min_size=1, max_size=4), min_size=1, max_size=8))
def test_whatever_is_cut_every_request_runs_once_and_gets_its_own_reply(fates: list[list[str]]) -> None:
    """Each inner list is what happens to one request, until its last entry lets it through."""
    exchange, server = opened(), ModelServer()

    def resume() -> bytes | None:
        assert exchange.lost(1006, "").resume
        exchange.connected(Dialect.V2)
        event = exchange.received(session(server.last_id))
        assert isinstance(event, Greeted)
        return event.repeat

    for index, happenings in enumerate(fates):
        request = call("step", json.dumps(index))
        raw: bytes | None = exchange.send(request)
        settled: list[Settled] = []
        for fate in [*happenings, "fine"]:
            if settled or raw is None:
                break
            if fate == "cut before it arrives":
                raw = resume()
            elif fate == "cut before the reply":
                server.take(raw)
                raw = resume()
            elif fate == "cut while resuming":
                exchange.lost(1006, "")
                exchange.connected(Dialect.V2)
                raw = resume()
            else:
                replies = [server.take(raw)] * (2 if fate == "reply twice" else 1)
                settled = [event for event in map(exchange.received, replies) if isinstance(event, Settled)]
        assert settled == [Settled(request, json.dumps(index).encode())]
    assert server.ran == list(range(len(fates)))
