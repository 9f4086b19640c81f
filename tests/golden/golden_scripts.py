"""What is sent to each environment, as plain data.

A script has ``sessions`` (WebSocket) and ``requests`` (HTTP). A session is a list of ``exchanges``; each sends its
frames without waiting in between and then takes one reply a frame. Its ``end``, where there is one, sends its
frames and reads until the server closes.
"""

from __future__ import annotations

import json
from typing import Any

Script = dict[str, Any]

STATE = '{"type":"state"}'
CLOSE = '{"type":"close"}'


def reset(**options: Any) -> str:
    """Write a reset frame."""
    return json.dumps({"type": "reset", "data": options})


def step(**action: Any) -> str:
    """Write a step frame."""
    return json.dumps({"type": "step", "data": action})


def session(title: str, *exchanges: str | list[str], end: list[str] | None = None, beside: int = 0) -> Script:
    """Describe one WebSocket session.

    Args:
        title: What it shows.
        *exchanges: A frame, or several sent at once.
        end: The frames after which the server closes; without it, the client leaves.
        beside: How many other sessions are held open meanwhile.
    """
    sent = [{"send": [one] if isinstance(one, str) else one} for one in exchanges]
    return {"title": title, "beside": beside, "exchanges": sent, "end": None if end is None else {"send": end}}


def request(method: str, path: str, body: Any = None, *, raw: str | None = None) -> Script:
    """Describe one HTTP request; ``raw`` is a body that is not JSON."""
    text = raw if raw is not None else None if body is None else json.dumps(body)
    return {"method": method, "path": path, "body": text}


BAD_FRAMES = [
    "",
    " ",
    "{broken",
    '{"type":',
    '{"type":"state"} trailing',
    "\ufeff" + STATE,
    "{}",
    '{"data":{}}',
    '{"type":null}',
    '{"type":5}',
    '{"type":true}',
    '{"type":["a",1]}',
    '{"type":{"a":null}}',
    '{"type":"RESET"}',
    '{"type":"observation"}',
    '{"type":"ünknown ☃"}',
    '{"type":"reset","data":null}',
    '{"type":"reset","data":[]}',
    '{"type":"reset","data":"seed"}',
    '{"type":"reset","extra":1}',
    '{"type":"reset","id":1}',
    '{"type":"step"}',
    '{"type":"step","data":null}',
    '{"type":"step","data":[1]}',
    '{"type":"step","data":{},"timeout_s":1,"extra":{"a":[1.0,null]}}',
    '{"type":"step","extra":1}',
    step(),
    step(message=None),
    step(message=5),
    step(message="a", times=0),
    step(message="a", times=4),
    step(message="a", times=1.5),
    step(message="a", times="two"),
    step(message="a", times=None),
    step(message="a", colour="red"),
    step(message=["a"], times=[], colour={"r": 1.0, "g": None}),
    step(message="a", metadata=[]),
    step(type="call_tool", message="a"),
    '{"type":"state","data":{}}',
    '{"type":"state","data":null}',
    '{"type":"close","data":{}}',
    '{"type":"close","code":1000}',
]

ODD_FRAMES = [
    ' {"type" : "state"}\r\n\t',
    '{"data":{"message":"data first"},"type":"step"}',
    '{"type":"reset","type":"state"}',
    '{"type":"step","data":{"message":"first","message":"second"}}',
    '{"type":"step","data":{"message":"\\u0068\\u00e9\\ud83c\\udfb2"}}',
    step(message="a", times="2"),
    step(message="a", times=2.0),
    step(message="a", times=True),
    step(message="", times=3),
    step(message="a", metadata={"any": [1, {"thing": None}]}),
]

ECHO = {
    "sessions": [
        session(
            "a whole episode",
            STATE,
            reset(seed=7, episode_id="one"),
            step(message="hello"),
            STATE,
            step(message="hello again", times=2),
            reset(episode_id="two"),
            STATE,
            end=[CLOSE],
        ),
        session("a step before reset", step(message="early"), STATE),
        session("a reset without data", '{"type":"reset"}', STATE),
        session(
            "options of a reset are passed as they are",
            reset(seed=-5),
            reset(seed="abc"),
            reset(seed=1.5, episode_id=""),
            reset(seed=2**70, episode_id="x" * 300),
            reset(seed=None, episode_id=None, level=3, nested={"a": [1, 2]}),
            STATE,
        ),
        session("bad frames leave the session usable", reset(episode_id="bad"), *BAD_FRAMES, step(message="on"), STATE),
        session("odd but good frames", reset(episode_id="odd"), *ODD_FRAMES, STATE),
        session(
            "pipelined frames are answered in order",
            [reset(episode_id="pipe"), step(message="1"), "{broken", STATE, step(), step(message="2"), STATE],
            end=[STATE, CLOSE],
        ),
        session("nothing is answered after a close", reset(episode_id="over"), end=[CLOSE, STATE, step(message="x")]),
        session("a bad close does not close", '{"type":"close","data":null}', STATE),
        session("a client that says nothing"),
    ],
    "requests": [
        request("GET", "/health"),
        request("POST", "/reset"),
        request("POST", "/reset", {}),
        request("POST", "/reset", {"seed": 7, "episode_id": "one"}),
        request("POST", "/reset", {"seed": "7", "episode_id": None, "level": 3}),
        request("POST", "/reset", {"seed": 2**40}),
        request("POST", "/reset", {"seed": True}),
        request("POST", "/reset", {"seed": -5}),
        request("POST", "/reset", {"seed": 1.5}),
        request("POST", "/reset", {"seed": "abc", "episode_id": 17}),
        request("POST", "/reset", {"episode_id": "x" * 256}),
        request("POST", "/reset", {"episode_id": "x" * 255}),
        request("POST", "/reset", []),
        request("POST", "/reset", raw="null"),
        request("POST", "/reset", raw="5"),
        request("POST", "/reset", raw="{broken"),
        request("POST", "/reset", raw="   "),
        request("POST", "/step", {"action": {"message": "hello"}}),
        request("POST", "/step", {"action": {"message": "hello", "times": 2}, "timeout_s": 5, "request_id": "r1"}),
        request("POST", "/step", {"action": {"message": "hello"}, "extra": {"a": 1}}),
        request("POST", "/step", {"action": {"message": "é☃🎲"}}),
        request("POST", "/step"),
        request("POST", "/step", {}),
        request("POST", "/step", {"message": "hello"}),
        request("POST", "/step", {"action": None}),
        request("POST", "/step", {"action": [1]}),
        request("POST", "/step", {"action": {}}),
        request("POST", "/step", {"action": {"message": 5, "times": 9, "colour": "red"}}),
        request("POST", "/step", {"action": {"message": "a"}, "timeout_s": 0}),
        request("POST", "/step", {"action": {"message": "a"}, "timeout_s": "soon", "request_id": 5}),
        request("POST", "/step", {"action": {"message": "a"}, "request_id": "x" * 256}),
        request("POST", "/step", raw="[1,2"),
        request("GET", "/state"),
        request("GET", "/reset"),
        request("GET", "/step"),
        request("POST", "/state"),
        request("POST", "/health"),
    ],
}

COUNTER = {
    "sessions": [
        session(
            "steps after the end are passed on",
            step(amount=1),
            reset(seed=1, episode_id="dropped"),
            step(),
            STATE,
            step(amount=2),
            STATE,
            step(amount=-5),
            STATE,
            reset(),
            STATE,
            end=[CLOSE],
        ),
        session("a full server", end=[], beside=1),
    ],
    "requests": [
        request("GET", "/state"),
        request("POST", "/reset", {"seed": 3}),
        request("POST", "/step", {"action": {"amount": 3}, "timeout_s": 1.5}),
        request("POST", "/step", {"action": {"amount": "many"}}),
    ],
}

_POINTS = [{"x": 1, "y": 2.5, "label": "a"}, {"x": 1048576.5}, {"x": -3.25, "label": "ü"}]

NESTED = {
    "sessions": [
        session(
            "nested fields and metadata",
            reset(),
            step(points=_POINTS, tags={"a": 1, "b": "two"}, metadata={"trace": {"id": [1, None, 2.0]}}),
            step(points=_POINTS[:1]),
            STATE,
        ),
        session(
            "errors in nested fields",
            step(points=[{"y": 1}]),
            step(points=[{"x": "far"}, {"x": 1, "label": 5}]),
            step(points=_POINTS * 2),
            step(points={}),
            step(tags={"a": []}),
            step(tags={"a": 1.5, "b": None}),
            STATE,
        ),
    ],
    "requests": [
        request("POST", "/reset", {}),
        request("POST", "/step", {"action": {"points": _POINTS}, "timeout_s": 2, "request_id": "r", "render": [True]}),
        request("POST", "/step", {"action": {"points": [{"y": 1}], "tags": {"a": []}}}),
    ],
}

FAULTY = {
    "sessions": [
        session(
            "an environment that raises goes on",
            reset(),
            *[step(how=how) for how in ("value", "empty", "key", "assert", "no")],
            STATE,
            reset(fail=True),
            reset(fail="no"),
            step(how="state"),
            STATE,
            step(how="no"),
            STATE,
        ),
    ],
    "requests": [
        request("POST", "/reset", {"fail": False}),
        request("POST", "/step", {"action": {"how": "no"}}),
    ],
}

OPTIONS = {
    "sessions": [
        session(
            "a required option",
            '{"type":"reset"}',
            reset(seed=3),
            reset(level=1),
            reset(level="2", seed=-1, theme=None, episode_id="dropped", colour="dropped"),
            step(),
            step(metadata={"a": 1}),
            STATE,
        ),
    ],
    "requests": [
        request("POST", "/reset", {"level": 2, "seed": 3, "episode_id": "dropped", "colour": "dropped"}),
        request("POST", "/reset", {"level": None, "theme": ["x"]}),
        request("POST", "/step", {"action": {}, "request_id": "r1", "timeout_s": 3}),
    ],
}

REWARDS = {
    "sessions": [
        session("rewards of every type", reset(), *[step(index=index) for index in range(14)], step(index=-1), STATE),
    ],
    "requests": [request("POST", "/step", {"action": {"index": index}}) for index in range(14)],
}

_TEXTS = [
    "plain",
    'quotes " and \\ backslash / slash',
    "tab\t newline\n return\r null\x00 bell\x07 escape\x1b delete\x7f",
    "é ü ß ñ 漢字 עברית ☃ 🎲 \u2028 \u2029 \ufeff \ufffd",
    "<script>&amp;</script>",
]

# None that is written with an exponent: pydantic's versions differ in how they write those.
_NUMBERS = [0.1, 0.2 + 0.1, 1 / 3, 123456789.125, 100000.0, -2.5, -0.0, 3, 2**53]

TEXT = {
    "sessions": [
        session("text", reset(), *[step(text=text) for text in _TEXTS], STATE),
        session("numbers", *[step(number=number) for number in _NUMBERS]),
        session(
            "any JSON",
            *[step(anything=value) for value in (True, 10**30, -1, 1.0, [], {}, [[1, [2.50]]], {"ü": {"": None}})],
            '{"type":"step","data":{"anything":{"b":1,"a":2},"text":"key order"}}',
            '{"type":"step","data":{"anything":[1E2,1e+2,0.10,-0,1.0e0]}}',
        ),
        session("pipelined frames of an async environment", [step(text=str(number)) for number in range(20)]),
    ],
    "requests": [
        request("POST", "/reset", {}),
        *[request("POST", "/step", {"action": {"text": text}}) for text in _TEXTS],
        request("POST", "/step", {"action": {"anything": {"b": [1, 2.0, None], "a": "ü"}, "number": 1e3}}),
        request("GET", "/state"),
    ],
}

VARIANTS = {
    "sessions": [session("other observations than the declared one", reset(), step(), STATE)],
    "requests": [request("POST", "/reset", {}), request("POST", "/step", {"action": {}})],
}

UNMAKEABLE = {
    "sessions": [session("an environment that cannot be made", end=[])],
    "requests": [request("GET", "/health")],
}

SCRIPTS: dict[str, Script] = {
    "echo": ECHO,
    "counter": COUNTER,
    "nested": NESTED,
    "faulty": FAULTY,
    "options": OPTIONS,
    "rewards": REWARDS,
    "text": TEXT,
    "variants": VARIANTS,
    "unmakeable": UNMAKEABLE,
}
