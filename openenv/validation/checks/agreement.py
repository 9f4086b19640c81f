"""H022: an episode is the same by every way that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openenv.validation.check import Finding, Stage, check
from openenv.validation.checks.sessions import http_session
from openenv.validation.play.comparison import differences
from openenv.validation.serving.server import Server
from openenv.validation.serving.wire import Session

_COMPARED = ("reward", "done")
"""What every way gives beside an observation; v1 has no more."""

_BESIDE = (*_COMPARED, "metadata", "terminated", "truncated")
"""What stands in the observation of one way, and beside it in another."""

_RESET = {"seed": 1}


@check(
    "H022",
    "HTTP and WebSocket give the same",
    stage=Stage.SERVER,
    needs=("H010", "H015", "W002", "W007"),
    v2=True,
    mend="serve the app that create_app makes, and leave its routes as they are",
)
def ways_agree(server: Server) -> Iterator[Finding]:
    """For the same seed and action; where the environment is not the same twice, at least the shape is."""
    action = server.action()
    with server.v2() as session:
        expected = _played(session, action)
    with server.v2() as session:
        is_steady = not any(differences(_played(session, action), expected))
    with server.v1() as session:
        ways = {"/ws in v1": _played(session, action)}
    with http_session(server) as http:
        replies = [http.post("reset", _RESET), http.post("step", {"action": action})]
    ways["/sessions"] = [_result(reply.json(), reply.code) for reply in replies]
    ways["POST /reset"] = [_result(server.web.post("/reset", _RESET).object(), None)]
    for where, results in ways.items():
        for called, here, there in zip(("reset", "step"), results, expected, strict=False):
            pair = (here, there) if is_steady else (_shape(here), _shape(there))
            for found in differences(*pair):
                yield Finding(f"{called}: {found} as over /ws", where)


def _played(session: Session, action: object) -> list[dict[str, Any]]:
    frames = [session.ask("reset", _RESET), session.ask("step", action)]
    return [_result(frame.data, frame.code) for frame in frames]


def _result(data: dict[str, Any], error: str | None) -> dict[str, Any]:
    """The fields of an observation and what stands beside them, or an error's code."""
    if error is not None:
        return {"an error": error}
    observation = data.get("observation")
    own = observation if isinstance(observation, dict) else {}
    return {
        **{name: value for name, value in own.items() if name not in _BESIDE},
        **{name: data.get(name) for name in _COMPARED},
    }


def _shape(result: dict[str, Any]) -> dict[str, Any]:
    """The names in it, without their values."""
    return dict.fromkeys(result, "a value")
