"""Servers that are healthy but for one thing: what they answer instead, and what is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specimens import Frame

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


def counting_answers() -> Callable[[Frame], Any]:
    """Count a step each time that it is answered, also where it is only repeated."""
    answered: list[Frame] = []

    def spoiling(frame: Frame) -> Any:
        if frame["type"] == "observation":
            answered.append(frame)
        return saying(step_count=len(answered))(frame) if frame["type"] == "state" else frame

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


ROUTES = ("/health", "/schema", "/metadata", "/reset", "/step", "/state")


def openapi(*routes: str) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {route: {} for route in routes}}


def resumed_from_nothing(frame: Frame) -> Frame:
    """Say that a session that is resumed was begun anew."""
    return saying(resumed=False, last_id=0)(frame) if frame["data"]["resumed"] else frame


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
        {"GET /openapi.json": (200, openapi(*ROUTES[:-1]))},
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
    (
        "H020",
        {"GET /openapi.json": (200, {**openapi(*ROUTES), "paths": {route: {"$ref": "#/x"} for route in ROUTES}})},
        "GET /openapi.json: #/x is referred to, and is not there",
    ),
    (
        "H022",
        {"POST /reset": (200, {"observation": {"total": 5}, "reward": None, "done": False})},
        "POST /reset: reset: total is 5, not 0 as over /ws",
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
    ("W008", {"frame": counting_answers()}, "/ws: a repeated step was counted twice"),
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
    ("W014", {"frame": every("session", resumed_from_nothing)}, "/ws: resume was answered by {'session_id'"),
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
