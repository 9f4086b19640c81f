"""H010 - H013: the routes of the deployed protocol, each call with an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openenv.validation.check import Finding, NotChecked, Stage, check
from openenv.validation.json_schema import misfits
from openenv.validation.results import misshapen
from openenv.validation.serving.server import Server

_MEND = "serve an app made by create_app"
_SPOILT_BY = ("W013",)
"""Each of these routes waits for its environment to be closed."""


@check("H010", "POST /reset answers", stage=Stage.SERVER, needs=("B001",), spoilt_by=_SPOILT_BY, mend=_MEND)
def reset_answers(server: Server) -> Iterator[Finding]:
    """With an observation, with and without a body."""
    for body in (None, {}, {"seed": 1}):
        reply = server.web.post("/reset", body)
        for problem in misshapen(reply.object(), v2=False):
            yield Finding(problem, "POST /reset")


@check("H011", "POST /step answers", stage=Stage.SERVER, needs=("B002", "H009"), spoilt_by=_SPOILT_BY, mend=_MEND)
def step_answers(server: Server) -> Iterator[Finding]:
    """With an observation, or an error that blames the action.

    The environment may insist on a reset before, of which this route can know nothing.
    """
    reply = server.web.post("/step", {"action": server.action()})
    if reply.code in ("INVALID_ACTION", "RESET_REQUIRED"):
        return
    if reply.status >= 500:
        raise NotChecked(f"this environment takes no step without a reset: {reply}")
    for problem in misshapen(reply.object(), v2=False):
        yield Finding(problem, "POST /step")


@check(
    "H012",
    "GET /state answers",
    stage=Stage.SERVER,
    needs=("B001", "H009"),
    spoilt_by=_SPOILT_BY,
    mend="let state work before reset too",
)
def state_answers(server: Server) -> Iterator[Finding]:
    """With the state of an environment that was only just made."""
    for problem in misfits(server.schemas.state, server.web.get("/state").object()):
        yield Finding(problem, "GET /state")


@check(
    "H013",
    "Bad requests are answered as such",
    stage=Stage.SERVER,
    needs=("B001",),
    mend="let the server validate requests: answer 4xx with a JSON object that says what is wrong",
)
def bad_requests_are_refused(server: Server) -> Iterator[Finding]:
    """With 4xx and a JSON object, never with 5xx, which blames the environment."""
    bodies: list[tuple[str, Any]] = [
        ("broken JSON", b'{"action": '),
        ("a JSON array", []),
        ("no action", {}),
        ("an action that is no object", {"action": 5}),
        ("an action with an unknown field", {"action": {"no_such_field_": 1}}),
    ]
    for called, body in bodies:
        reply = server.web.post("/step", body)
        if not 400 <= reply.status < 500:
            yield Finding(f"{called} was answered {reply}", "POST /step")
        elif not isinstance(reply.json(), dict):
            yield Finding(f"{called} was answered {reply}, which is no JSON object", "POST /step")
