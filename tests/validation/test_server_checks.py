"""Checks of a server at work: a healthy server passes, one with a single thing spoilt fails one check."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import model_validator
from specimens import (
    CountAction,
    Counter,
    CountObservation,
    Frame,
    Spoilt,
    check,
    found,
    ids_of,
    outcome_of,
    passed,
    served,
    serving,
)
from support.serving import app_of

from openenv.errors import InvalidActionError
from openenv.server import create_app
from openenv.types import State
from openenv.validation.check import registered
from openenv.validation.report import Status
from openenv.validation.server import Server

SESSION = {"session_id": "s", "session_token": "0" * 32, "expires_in_s": 900}
RESULT = {"observation": {}, "reward": None, "done": False, "terminated": False, "truncated": False, "metadata": {}}


def once(number: int, spoil: Callable[[Frame], Any]) -> Callable[[Frame], Any]:
    """Spoil only one frame, counted from 1."""
    seen = iter(range(1, 1_000_000))
    return lambda frame: spoil(frame) if next(seen) == number else frame


def once_in_v1(number: int, spoil: Callable[[Frame], Any]) -> Callable[[Frame], Any]:
    """Spoil only one frame of a v1 session, counted from 1."""
    count = once(number, spoil)
    return lambda frame: frame if "id" in frame or frame["type"] == "session" else count(frame)


def repeated(spoil: Callable[[Frame], Any]) -> Callable[[Frame], Any]:
    """Spoil a frame that is sent twice in a row, the second time."""
    last: list[Frame] = []

    def spoiling(frame: Frame) -> Any:
        again = last == [frame]
        last[:] = [frame]
        return spoil(frame) if again else frame

    return spoiling


def every(kind: str, spoil: Callable[[Frame], Any]) -> Callable[[Frame], Any]:
    """Spoil all frames of a type."""
    return lambda frame: spoil(frame) if frame["type"] == kind else frame


def without(name: str) -> Callable[[Frame], Any]:
    """Take a field out of a frame's data."""
    return lambda frame: {**frame, "data": {key: value for key, value in frame["data"].items() if key != name}}


def saying(**data: Any) -> Callable[[Frame], Any]:
    """Put other values into a frame's data."""
    return lambda frame: {**frame, "data": {**frame["data"], **data}}


def openapi(*routes: str) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {}, "paths": {route: {} for route in routes}}


STATE = {"type": "object", "properties": {"episode_id": {}, "step_count": {}}}
SCHEMAS: dict[str, Any] = {"action": {"type": "object"}, "observation": {"type": "object"}, "state": STATE}
METADATA = {"name": "a", "description": "b"}

HTTP: list[tuple[str, dict[str, tuple[int, Any]], str]] = [
    ("H004", {"GET /health": (500, "no")}, "GET /health: GET /health answered 500 no"),
    ("H004", {"GET /health": (200, {"status": "degraded"})}, "GET /health: GET /health answered 200"),
    ("H005", {"GET /ready": (404, {"detail": "Not Found"})}, "GET /ready: GET /ready answered 404"),
    ("H005", {"GET /ready": (200, {"status": "maybe"})}, "GET /ready: GET /ready answered 200"),
    ("H006", {"GET /docs": (200, {})}, "GET /docs: GET /docs answered 200 with application/json"),
    ("H006", {"GET /docs": (404, "none")}, "GET /docs: GET /docs answered 404 with text/plain"),
    ("H007", {"GET /openapi.json": (200, "<html>")}, "None: GET /openapi.json answered 200 <html> instead of JSON"),
    ("H007", {"GET /openapi.json": (200, [1])}, "None: GET /openapi.json answered [1] instead of a JSON object"),
    ("H007", {"GET /openapi.json": (200, {"swagger": "2.0"})}, "GET /openapi.json: openapi is None, not 3.x"),
    (
        "H007",
        {"GET /openapi.json": (200, openapi("/health", "/schema", "/metadata", "/reset", "/step"))},
        "GET /openapi.json: /state is not described",
    ),
    (
        "H008",
        {"GET /metadata": (200, {**METADATA, "description": ""})},
        "GET /metadata: 'description' is '', not a text",
    ),
    ("H008", {"GET /metadata": (200, {**METADATA, "name": None})}, "GET /metadata: 'name' is None, not a text"),
    ("H009", {"GET /schema": (404, "none")}, "GET /schema: GET /schema answered 404 none"),
    (
        "H009",
        {"GET /schema": (200, {**SCHEMAS, "action": {"type": "thing"}})},
        "GET /schema: the schema of action is none: type",
    ),
    ("H009", {"GET /schema": (200, {**SCHEMAS, "observation": []})}, "GET /schema: the schema of observation is none"),
    ("H009", {"GET /schema": (200, {"action": {}, "observation": {}})}, "GET /schema: 'state' is missing"),
    ("H009", {"GET /schema": (200, {**SCHEMAS, "state": {}})}, "GET /schema: the schema of state has no 'episode_id'"),
    (
        "H010",
        {"POST /reset": (200, {"observation": 1, "done": False})},
        "POST /reset: 'observation' is 1, not an object",
    ),
    ("H010", {"POST /reset": (404, "none")}, "None: POST /reset answered 404 none"),
    ("H011", {"POST /step": (200, {"observation": {}})}, "POST /step: 'done' is missing"),
    ("H011", {"POST /step": (422, {"detail": []})}, "None: POST /step answered 422"),
    ("H012", {"GET /state": (500, "Internal Server Error")}, "None: GET /state answered 500"),
    ("H012", {"GET /state": (200, {"step_count": -1})}, "GET /state: step_count: -1 is less than the minimum of 0"),
    ("H013", {"POST /step": (500, "Internal Server Error")}, "POST /step: broken JSON was answered 500"),
    ("H013", {"POST /step": (200, {"observation": {}})}, "POST /step: broken JSON was answered 200"),
    ("H013", {"POST /step": (400, [])}, "POST /step: broken JSON was answered 400 [], which is no JSON object"),
    ("H014", {"POST /sessions": (404, "none")}, "None: POST /sessions?wait_s=5 answered 404 none"),
    ("H014", {"POST /sessions": (200, SESSION)}, "POST /sessions: the status is 200, not 201"),
    (
        "H014",
        {"POST /sessions": (201, {**SESSION, "session_token": "abc"})},
        "POST /sessions: the token holds less than 128 bits",
    ),
    ("H014", {"POST /sessions": (201, {})}, "POST /sessions: 'session_id' is None"),
    (
        "H015",
        {"POST /sessions/*/reset": (200, {**RESULT, "truncated": None})},
        "POST /sessions/…/reset: 'truncated' is None, not a truth value",
    ),
    ("H015", {"POST /sessions/*/step": (500, {"code": "EXECUTION_ERROR"})}, "None: POST /sessions/"),
    (
        "H015",
        {"GET /sessions/*/state": (200, {"step_count": "1"})},
        "GET /sessions/…/state: step_count: '1' is not of type 'integer'",
    ),
    (
        "H016",
        {"POST /sessions/*/reset": (200, RESULT)},
        "POST /sessions/…/reset: a reset with no token was answered 200",
    ),
    ("H017", {"POST /sessions/*/step": (200, RESULT)}, "POST /sessions/…/step: a step before reset was answered 200"),
    ("H017", {"POST /sessions/*/reset": (500, {"code": "X"})}, "POST /sessions/…/reset: broken JSON was answered 500"),
    ("H018", {"DELETE /sessions/*": (405, "no")}, "DELETE /sessions/…: DELETE was answered 405 no"),
    (
        "H018",
        {"POST /sessions/*/reset": (200, RESULT)},
        "POST /sessions/…/reset: a reset after DELETE was answered 200",
    ),
]
"""Which check finds it, what the server answers instead, and the beginning of what is said."""

ERROR = {"type": "error", "data": {"code": "EXECUTION_ERROR", "message": "boom"}}

SOCKET: list[tuple[str, dict[str, Any], str]] = [
    ("W001", {"opens": False}, "None: /ws does not open: server rejected WebSocket connection: HTTP 403"),
    ("W002", {"frame": every("observation", without("done"))}, "reset over /ws: 'done' is missing"),
    ("W002", {"frame": every("state", lambda frame: ERROR)}, "None: state was answered by error EXECUTION_ERROR: boom"),
    ("W002", {"frame": once_in_v1(3, lambda frame: ERROR)}, "step over /ws: answered by error EXECUTION_ERROR: boom"),
    ("W002", {"closes_with": 1011}, "close over /ws: close was answered with 1011, not 1000"),
    (
        "W002",
        {"frame": once(2, lambda frame: 1011)},
        "None: the server closed the connection with 1011 in answer to reset",
    ),
    ("W002", {"frame": once(2, lambda frame: [frame])}, "None: reset was answered by"),
    (
        "W003",
        {"frame": every("error", lambda frame: 1007)},
        "/ws: after broken JSON: the server closed the connection with 1007",
    ),
    ("W003", {"frame": every("error", saying(code="ODD"))}, "/ws: broken JSON was answered by error ODD"),
    (
        "W004",
        {"frame": every("error", lambda frame: 1000)},
        "/ws: after a JSON array: the server closed the connection with 1000",
    ),
    ("W006", {"frame": every("session", without("session_token"))}, "/ws: 'session_token' of the greeting is None"),
    ("W006", {"frame": every("session", saying(resumed=True))}, "/ws: a fresh session says that it was resumed"),
    (
        "W006",
        {"frame": every("session", lambda frame: ERROR)},
        "None: open was answered by error EXECUTION_ERROR: boom",
    ),
    ("W007", {"frame": every("observation", lambda frame: {**frame, "id": 7})}, "/ws: reset 1 was answered with id 7"),
    ("W007", {"frame": every("observation", without("terminated"))}, "reset over /ws: 'terminated' is missing"),
    ("W007", {"frame": every("state", lambda frame: ERROR)}, "/ws: state 3 was answered with id None"),
    ("W007", {"closes_with": 4000}, "close over /ws: close was answered with 4000, not 1000"),
    ("W008", {"frame": repeated(saying(reward=9.0))}, "/ws: a repeated step was answered by observation"),
    ("W008", {"frame": every("state", saying(step_count=2))}, "/ws: a repeated step was counted twice"),
    (
        "W009",
        {"frame": every("error", lambda frame: {**frame, "type": "state"})},
        "/ws: an older id was answered by state",
    ),
    ("W009", {"frame": once(5, saying(code="BUSY"))}, "/ws: a skipped id was answered by error BUSY"),
    (
        "W010",
        {"frame": every("error", lambda frame: {**frame, "type": "observation"})},
        "/ws: a step before reset was answered",
    ),
    ("W011", {"frame": every("error", saying(code="ODD"))}, "/ws: broken JSON was answered by error ODD"),
    (
        "W011",
        {"frame": every("error", lambda frame: {**frame, "id": 5})},
        "/ws: broken JSON was answered by error INVALID_JSON",
    ),
    (
        "W011",
        {"frame": once(9, lambda frame: 1008)},
        "/ws: after an unknown type: the server closed the connection with 1008",
    ),
    (
        "B001",
        {"frame": every("observation", lambda frame: ERROR)},
        "None: reset was answered by error EXECUTION_ERROR: boom",
    ),
    ("B001", {"frame": every("observation", saying(observation=[]))}, "reset: 'observation' is [], not an object"),
]


def test_a_healthy_server_passes_everything_that_a_url_allows() -> None:
    with served() as url:
        report = check(url)
    assert found(report) == {}
    assert passed(report) == ids_of("H", "W", "B") - {"H001", "H002", "H003", "H019"}


def test_a_server_that_speaks_v1_only_is_checked_as_far_as_it_goes() -> None:
    with served(speaks_v2=False) as url:
        report = check(url, strict=True)
    assert found(report) == {}
    skipped = {outcome.check.id for outcome in report.outcomes if outcome.reason == "the server speaks v1 only"}
    assert skipped == {"H005", *(f"H0{n}" for n in range(14, 19)), *(f"W0{n:02}" for n in range(5, 12))}


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
    assert report.reasons()[1:] == [("no step was taken: every action that was made was refused", ["B005"])]


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
    assert ids == ["H011", "H015", "H017", "W002", "W007", "W008", "W009", "W010"]


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
