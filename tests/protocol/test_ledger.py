"""Which request may run: ids are never lost, and nothing runs twice."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from openenv.errors import BusyError, IdReusedError, OutOfOrderError, RequestError, StaleRequestError
from openenv.protocol.frames import Reply, Request
from openenv.protocol.ledger import Admission, NamedLedger, NumberedLedger, SerialLedger


def numbered(number: int, payload: str = "{}") -> Request:
    return Request("step", id=number, raw=f'{{"type":"step","id":{number},"data":{payload}}}')


def reply(text: str = "{}") -> Reply:
    return Reply("observation", text)


# v1


def test_v1_runs_one_request_after_the_other() -> None:
    ledger = SerialLedger()

    assert ledger.admit(Request("step")) is Admission.RUN
    with pytest.raises(BusyError):
        ledger.admit(Request("step"))
    ledger.complete(reply())
    assert ledger.admit(Request("step")) is Admission.RUN


# v2


def test_ids_count_up_from_one() -> None:
    ledger = NumberedLedger()
    for number in (1, 2, 3):
        assert ledger.admit(numbered(number)) is Admission.RUN
        ledger.complete(reply())
    assert ledger.last_id == 3


@pytest.mark.parametrize("number", [2, 3, 2**62])
def test_an_id_that_skips_is_out_of_order_and_not_consumed(number: int) -> None:
    ledger = NumberedLedger()

    with pytest.raises(OutOfOrderError):
        ledger.admit(numbered(number))
    assert ledger.admit(numbered(1)) is Admission.RUN


def test_an_older_id_is_stale_also_while_one_runs() -> None:
    ledger = NumberedLedger()
    for number in (1, 2):
        ledger.admit(numbered(number))
        ledger.complete(reply())
    with pytest.raises(StaleRequestError):
        ledger.admit(numbered(1))

    ledger.admit(numbered(3))
    with pytest.raises(StaleRequestError):
        ledger.admit(numbered(2))
    assert ledger.running


def test_a_second_request_while_one_runs_is_refused_and_its_id_stays_free() -> None:
    ledger = NumberedLedger()
    ledger.admit(numbered(1))

    for number in (2, 3):
        with pytest.raises(BusyError):
            ledger.admit(numbered(number))
    ledger.complete(reply())
    assert ledger.admit(numbered(2)) is Admission.RUN


def test_the_last_id_again_waits_while_it_runs_and_gets_the_same_reply_after() -> None:
    ledger = NumberedLedger()
    ledger.admit(numbered(1))
    assert ledger.admit(numbered(1)) is Admission.WAIT

    sent = reply('{"a":1}')
    ledger.complete(sent)
    assert ledger.admit(numbered(1)) is Admission.REPLAY
    assert ledger.reply is sent


def test_a_repetition_may_be_spaced_and_ordered_otherwise() -> None:
    ledger = NumberedLedger()
    ledger.admit(numbered(1, '{"a":1,"b":[2]}'))
    again = Request("step", id=1, raw='{ "id": 1, "data": {"b": [2], "a": 1}, "type": "step" }')

    assert ledger.admit(again) is Admission.WAIT


@pytest.mark.parametrize("complete", [True, False])
def test_the_last_id_with_another_payload_is_reused(complete: bool) -> None:
    ledger = NumberedLedger()
    ledger.admit(numbered(1, '{"a":1}'))
    if complete:
        ledger.complete(reply())

    with pytest.raises(IdReusedError):
        ledger.admit(numbered(1, '{"a":2}'))
    assert ledger.running is not complete


def test_a_reply_needs_a_running_request() -> None:
    with pytest.raises(AssertionError, match="expected a running request"):
        NumberedLedger().complete(reply())


class NumberedPlay(RuleBasedStateMachine):
    """Whatever a client sends, each id runs at most once and in order."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = NumberedLedger()
        self.ran: list[int] = []
        self.payloads: dict[int, str] = {}

    @rule(number=st.integers(1, 12), payload=st.sampled_from(["1", "2"]))
    def ask(self, number: int, payload: str) -> None:
        refusal, admission = self.refusal_of(number, payload), None
        with pytest.raises(refusal) if refusal else nullcontext():
            admission = self.ledger.admit(numbered(number, payload))
        if admission is Admission.RUN:
            assert number == len(self.ran) + 1
            self.ran.append(number)
            self.payloads[number] = payload
        elif admission is not None:
            assert number == len(self.ran)
            assert (admission is Admission.WAIT) == self.ledger.running

    def refusal_of(self, number: int, payload: str) -> type[RequestError] | None:
        last = len(self.ran)
        if number <= last:
            again = self.payloads[number] == payload
            return StaleRequestError if number < last else None if again else IdReusedError
        if self.ledger.running:
            return BusyError
        return None if number == last + 1 else OutOfOrderError

    @precondition(lambda self: self.ledger.running)
    @rule()
    def finish(self) -> None:
        self.ledger.complete(reply(str(len(self.ran))))

    @invariant()
    def ids_are_consumed_in_order(self) -> None:
        assert self.ran == list(range(1, len(self.ran) + 1))
        assert self.ledger.last_id == len(self.ran)
        if self.ran and not self.ledger.running:
            assert self.ledger.reply == reply(str(len(self.ran)))


TestNumberedPlay = NumberedPlay.TestCase


# HTTP


def named(name: str | None, kind: str = "step") -> Request:
    return Request(kind, id=name)


def test_a_name_makes_a_retry_safe() -> None:
    ledger = NamedLedger()
    assert ledger.admit(named("a")) is Admission.RUN
    assert ledger.admit(named("a")) is Admission.WAIT
    sent = reply()
    ledger.complete(sent)

    assert ledger.admit(named("a")) is Admission.REPLAY
    assert ledger.reply is sent


@pytest.mark.parametrize("complete", [True, False])
def test_the_last_name_with_another_payload_is_reused(complete: bool) -> None:
    ledger = NamedLedger()
    ledger.admit(Request("step", id="a", raw='{"data":1}'))
    if complete:
        ledger.complete(reply())

    assert ledger.admit(Request("step", id="a", raw='{"data": 1}')) in (Admission.WAIT, Admission.REPLAY)
    with pytest.raises(IdReusedError):
        ledger.admit(Request("step", id="a", raw='{"data":2}'))
    assert ledger.running is not complete


@pytest.mark.parametrize("second", [None, "b"])
def test_another_request_while_one_runs_is_refused(second: str | None) -> None:
    ledger = NamedLedger()
    ledger.admit(named("a"))

    with pytest.raises(BusyError):
        ledger.admit(named(second))
    assert ledger.admit(named("a")) is Admission.WAIT


def test_requests_without_a_name_always_run() -> None:
    ledger = NamedLedger()
    for _ in range(2):
        assert ledger.admit(named(None)) is Admission.RUN
        ledger.complete(reply())


def test_a_name_is_forgotten_when_the_next_request_runs() -> None:
    ledger = NamedLedger()
    for name in ("a", "b", "a"):
        assert ledger.admit(named(name)) is Admission.RUN
        ledger.complete(reply())


def test_a_look_at_the_state_between_a_step_and_its_retry_does_not_run_the_step_again() -> None:
    ledger = NamedLedger()
    ledger.admit(named("a"))
    sent = reply('{"step":1}')
    ledger.complete(sent)
    ledger.admit(named(None, "state"))
    ledger.complete(reply('{"state":1}'))

    assert ledger.admit(named("a")) is Admission.REPLAY
    assert ledger.reply is sent
