"""W001 - W005: ``/ws`` in the deployed dialect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from openenv.protocol import CloseCode, Dialect
from openenv.validation.check import V1_ONLY, Finding, NotChecked, ProbeError, Severity, Stage, check
from openenv.validation.results import misshapen
from openenv.validation.serving.server import Server
from openenv.validation.serving.wire import Session

_MEND = "serve an app made by create_app"


@check("W001", "/ws opens", stage=Stage.SERVER, mend=_MEND)
def websocket_opens(server: Server) -> None:
    """Whatever is spoken there."""
    _ = server.dialect


@check(
    "W002",
    "An episode plays in v1",
    stage=Stage.SERVER,
    needs=("W001", "B002", "B007", "H009"),
    spoilt_by=("W013",),
    mend=_MEND,
)
def v1_plays(server: Server) -> Iterator[Finding]:
    """Reset, step, state and close, as deployed clients do it."""
    with server.v1() as session:
        reset = session.expect("reset", "observation", {})
        step = session.ask("step", server.action())
        for called, frame in (("reset", reset), ("step", step)):
            if frame.kind == "error" and frame.code == "INVALID_ACTION":
                continue
            for problem in [f"answered by {frame}"] if frame.kind != "observation" else misshapen(frame.data, v2=False):
                yield Finding(problem, f"{called} over /ws")
        session.expect("state", "state")
        session.socket.send(session.next("close"))
        code = session.socket.closing()
        if code != CloseCode.NORMAL:
            yield Finding(f"close was answered with {code}, not {int(CloseCode.NORMAL)}", "close over /ws")


@check(
    "W003",
    "Bad frames get typed errors in v1",
    stage=Stage.SERVER,
    needs=("W001", "B001", "B007"),
    mend="answer each bad frame with an error and its code, and read on",
)
def v1_refuses_bad_frames(server: Server) -> Iterator[Finding]:
    """And leave the session usable."""
    wrong: list[tuple[str, Any, str]] = [
        ("broken JSON", '{"type": ', "INVALID_JSON"),
        ("an unknown type", {"type": "no_such_type"}, "UNKNOWN_TYPE"),
        ("no type", {"data": {}}, "UNKNOWN_TYPE"),
        ("an unknown key", {"type": "reset", "no_such_key": 1}, "VALIDATION_ERROR"),
        ("a step without action", {"type": "step"}, "VALIDATION_ERROR"),
        ("an unknown action field", {"type": "step", "data": {"no_such_field_": 1}}, "VALIDATION_ERROR"),
        ("an action that is no object", {"type": "step", "data": 5}, "VALIDATION_ERROR"),
    ]
    with server.v1() as session:
        session.expect("reset", "observation", {})
        yield from refusals(session, wrong)


@check(
    "W004",
    "Frames that are no objects leave a v1 session usable",
    stage=Stage.SERVER,
    severity=Severity.WARNING,
    needs=("W001", "B001", "B007"),
    mend="serve with openenv.server",
)
def v1_survives_foreign_frames(server: Server) -> Iterator[Finding]:
    """An array, a number or bytes must not cost a training run its episode."""
    for called, frame in (("a JSON array", "[1]"), ("a number", "5"), ("a binary frame", b"{}")):
        with server.v1() as session:
            session.expect("reset", "observation", {})
            yield from refusals(session, [(called, frame, None)])


@check(
    "W005",
    "The server speaks openenv.v2",
    stage=Stage.SERVER,
    severity=Severity.WARNING,
    needs=("W001",),
    mend="serve with openenv.server",
)
def v2_is_spoken(server: Server) -> Iterator[Finding]:
    """A server that somebody else runs may be older."""
    if server.dialect is Dialect.V2:
        return
    if not server.ours:
        raise NotChecked(V1_ONLY)
    yield Finding("openenv.v2 was offered and not picked", "/ws")


def refusals(session: Session, wrong: Sequence[tuple[str, Any, str | None]]) -> Iterator[Finding]:
    """Send bad frames one after the other; each must be refused and leave the session usable.

    Args:
        session: A session in which an episode has begun.
        wrong: What each frame is called, the frame, and the code it should be refused with, if a certain one.
    """
    for called, frame, code in wrong:
        try:
            answer = session.socket.ask(frame)
            if answer.kind != "error" or code not in (None, answer.code):
                yield Finding(f"{called} was answered by {answer} instead of {code or 'an error'}", "/ws")
            if session.dialect is Dialect.V2 and answer.content.get("id") == session.last_id + 1:
                session.last_id += 1  # its id could be read, and is used up
            session.expect("state", "state")
        except ProbeError as error:
            yield error.finding("/ws", after=called)
            return
