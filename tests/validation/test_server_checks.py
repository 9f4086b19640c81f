"""Checks of a server at work: a healthy server passes, one with a single thing spoilt fails one check."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from random import random
from typing import Any

import pytest
from pydantic import model_validator
from specimens import (
    UNSAID,
    CountAction,
    Counter,
    CountObservation,
    Spoilt,
    check,
    found,
    ids_of,
    outcome_of,
    passed,
    served,
    serving,
)
from spoilt_servers import HTTP, SOCKET, every, saying
from support.serving import app_of

from openenv.errors import InvalidActionError
from openenv.server import create_app
from openenv.types import State
from openenv.validation.check import AT_WORK, registered
from openenv.validation.reports.report import Status
from openenv.validation.serving.server import Server

OF_A_PROJECT = {id_ for id_, one in registered().items() if one.stage not in AT_WORK}


def test_a_healthy_server_passes_everything_that_a_url_allows() -> None:
    with served() as url:
        report = check(url)
    assert found(report) == {}
    assert passed(report) == ids_of("H", "W", "B") - OF_A_PROJECT - UNSAID - {"B016", "B025"}


def test_a_server_that_speaks_v1_only_is_checked_as_far_as_it_goes() -> None:
    with served(speaks_v2=False) as url:
        report = check(url, strict=True)
    assert found(report) == {}
    skipped = {outcome.check.id for outcome in report.outcomes if outcome.reason == "the server speaks v1 only"}
    assert skipped == {id_ for id_, one in registered().items() if one.v2} - OF_A_PROJECT | {"W005"}


@pytest.fixture(scope="module")
def patient() -> Iterator[tuple[Spoilt, str]]:
    """A server and its URL; what is spoilt in it changes from test to test."""
    server = Spoilt(app_of(Counter))
    with serving(server) as url:
        yield server, url


@pytest.mark.parametrize(("id_", "replies", "said"), HTTP)
def test_a_wrong_reply_is_found(
    patient: tuple[Spoilt, str], id_: str, replies: dict[str, tuple[int, Any]], said: str
) -> None:
    server, url = patient
    server.spoil(http=replies)
    assert found(check(url, id_))[id_][0].startswith(said)


@pytest.mark.parametrize(("id_", "spoilt", "said"), SOCKET)
def test_a_wrong_frame_is_found(patient: tuple[Spoilt, str], id_: str, spoilt: dict[str, Any], said: str) -> None:
    server, url = patient
    server.spoil(**spoilt)
    assert found(check(url, id_))[id_][0].startswith(said)


def test_a_step_that_counts_for_two_is_not_taken_for_a_repeated_one(patient: tuple[Spoilt, str]) -> None:
    server, url = patient
    server.spoil(frame=every("state", lambda frame: saying(step_count=2 * frame["data"]["step_count"])(frame)))
    assert passed(check(url, "W008")) >= {"W008"}


def test_a_state_that_is_never_the_same_tells_nothing_of_a_resumed_session(patient: tuple[Spoilt, str]) -> None:
    server, url = patient
    server.spoil(frame=every("state", lambda frame: saying(luck=random())(frame)))
    assert outcome_of(check(url, "W014"), "W014").reason == "the state differs from look to look"


def test_where_the_websocket_does_not_open_resets_are_looked_at_over_http() -> None:
    with served(opens=False) as url:
        report = check(url, "W001", "B001", "H010")
    assert list(found(report)) == ["W001"]
    assert passed(report) == {"H010", "B001"}


def test_where_v2_is_missing_in_a_project_it_is_a_warning() -> None:
    with served(speaks_v2=False) as url:
        findings = [one.message for one in registered()["W005"].function(Server(url, 10.0, ours=True)) or ()]
    assert findings == ["openenv.v2 was offered and not picked"]


class Stuck(Counter):
    """Does not come back from a step until it is let go."""

    INLINE = False
    let_go = threading.Event()

    def step(self, action: CountAction) -> CountObservation:
        self.let_go.wait()
        return super().step(action)


def test_a_step_that_does_not_come_back_sets_off_one_finding() -> None:
    with served(Stuck) as url:
        report = check(url, "H011", "H015", "W", "B", timeout_s=2.0)
        Stuck.let_go.set()
    assert list(found(report)) == ["B002"]
    assert "step was not answered within 2 s" in found(report)["B002"][0]


class Refusing(Counter):
    """Finds every action impossible."""

    def step(self, action: CountAction) -> CountObservation:
        raise InvalidActionError("not now")


def test_an_environment_that_refuses_every_action_is_not_blamed() -> None:
    with served(Refusing) as url:
        report = check(url)
    assert found(report) == {}
    assert outcome_of(report, "B005").status is Status.NOT_CHECKED
    assert outcome_of(report, "B005").reason == "no step was taken: every action that was made was refused"


class Strict(CountAction):
    """Refuses what its schema allows."""

    @model_validator(mode="after")
    def _refuse(self) -> Strict:
        raise ValueError("not this one")


class Picky(Counter):
    """Takes no action that a schema could tell."""

    def step(self, action: Strict) -> CountObservation:  # type: ignore[override]
        return super().step(action)


def test_actions_that_the_schema_allows_and_the_model_refuses_are_one_warning() -> None:
    with serving(create_app(Picky, Strict, CountObservation)) as url:
        report = check(url)
    assert list(found(report)) == ["B003"]
    reason, ids = report.reasons()[1]
    assert reason == "no action could be made from the schema: each one was refused"
    assert ids == ["H011", "H015", "H017", "H022", "W002", "W007", "W008", "W009", "W010", "W014"]


def test_a_step_that_cannot_do_without_a_reset_is_not_blamed(patient: tuple[Spoilt, str]) -> None:
    server, url = patient
    server.spoil(http={"POST /step": (500, "Internal Server Error")})
    [outcome] = check(url, "H011").outcomes
    assert outcome.status is Status.NOT_CHECKED
    assert str(outcome.reason).startswith("this environment takes no step without a reset: 500")


class Stateless(Counter):
    """Cannot say where it stands."""

    @property
    def state(self) -> State:
        raise ValueError("no state")


def test_a_state_that_raises_sets_off_what_looks_at_it_only() -> None:
    with served(Stateless) as url:
        report = check(url)
    assert list(found(report)) == ["H012", "B007"]
    [finding] = outcome_of(report, "B007").findings
    assert finding.message.startswith("state was answered by error EXECUTION_ERROR: ValueError: no state (")


class Raising(Counter):
    """Fails at every step."""

    def step(self, action: CountAction) -> CountObservation:
        raise ValueError("no such piece")


def test_a_step_that_raises_sets_off_one_finding_that_says_why() -> None:
    with served(Raising) as url:
        report = check(url)
    assert list(found(report)) == ["B002"]
    assert "EXECUTION_ERROR: ValueError: no such piece (" in found(report)["B002"][0]


def test_a_full_server_is_not_blamed() -> None:
    full = {"code": "CAPACITY_REACHED", "message": "full"}
    with served(http={"POST /sessions": (503, full)}) as url:
        report = check(url, "H014", "H015")
    assert [outcome.status for outcome in report.outcomes] == [Status.NOT_CHECKED, Status.NOT_CHECKED]
    with served(frame=lambda frame: {"type": "error", "data": full}) as url:
        reasons = {outcome.reason for outcome in check(url, "W002", "W006", "B001", timeout_s=0.3).outcomes}
    assert reasons == {"the server is full: full"}
