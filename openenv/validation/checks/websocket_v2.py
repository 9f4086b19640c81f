"""W006 - W011 and W014: ``/ws`` in ``openenv.v2``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openenv.protocol import CloseCode
from openenv.validation.check import Finding, NotChecked, Stage, check
from openenv.validation.checks.websocket import refusals
from openenv.validation.results import misshapen
from openenv.validation.serving.server import Server
from openenv.validation.serving.wire import Frame, Session
from openenv.validation.wording import brief

_MEND = "serve with openenv.server"
_GREETING: dict[str, tuple[type, ...]] = {
    "session_id": (str,),
    "session_token": (str,),
    "resumed": (bool,),
    "last_id": (int,),
    "resume_window_s": (int, float),
    "idle_timeout_s": (int, float),
    "max_message_bytes": (int,),
    "server": (str,),
}


@check("W006", "A v2 session opens", stage=Stage.SERVER, needs=("W005", "B001"), v2=True, mend=_MEND)
def v2_opens(server: Server) -> Iterator[Finding]:
    """The greeting says what a client needs to know."""
    with server.v2() as session:
        said = session.greeting
        for name, kinds in _GREETING.items():
            if not isinstance(said.get(name), kinds):
                yield Finding(f"'{name}' of the greeting is {brief(said.get(name))}", "/ws")
        if said.get("resumed") or said.get("last_id"):
            yield Finding("a fresh session says that it was resumed", "/ws")


@check(
    "W007", "An episode plays in v2", stage=Stage.SERVER, needs=("W006", "B002", "B007", "H009"), v2=True, mend=_MEND
)
def v2_plays(server: Server) -> Iterator[Finding]:
    """Each reply carries the id of its request; close ends with 1000."""
    with server.v2() as session:
        for kind, data, reply in (
            ("reset", {"seed": 1}, "observation"),
            ("step", server.action(), "observation"),
            ("state", None, "state"),
        ):
            answer = session.ask(kind, data)
            if answer.content.get("id") != session.last_id:
                yield Finding(f"{kind} {session.last_id} was answered with id {answer.content.get('id')}", "/ws")
            if kind == "step" and answer.code == "INVALID_ACTION":
                continue
            wrong = [f"answered by {answer}"] if answer.kind != reply else []
            for problem in wrong or (misshapen(answer.data, v2=True) if reply == "observation" else []):
                yield Finding(problem, f"{kind} over /ws")
        session.socket.send(session.next("close"))
        code = session.socket.closing()
        if code != CloseCode.NORMAL:
            yield Finding(f"close was answered with {code}, not {int(CloseCode.NORMAL)}", "close over /ws")


@check("W008", "A repeated request runs once", stage=Stage.SERVER, needs=("W007",), v2=True, mend=_MEND)
def v2_repeats_replies(server: Server) -> Iterator[Finding]:
    """The same id with the same payload gets the reply that was sent before."""
    action = server.action()
    with server.v2() as session:
        session.expect("reset", "observation", {"seed": 1})
        counts = [_step_count(session)]
        session.ask("step", action)
        counts.append(_step_count(session))
        request = session.next("step", action)
        first, again = session.socket.ask(request), session.socket.ask(request)
        if first.content != again.content:
            yield Finding(f"a repeated step was answered by {again}, the first time by {first}", "/ws")
        counts.append(_step_count(session))
        one, repeated = counts[1] - counts[0], counts[2] - counts[1]  # how an environment counts is not the matter
        if one > 0 and repeated == 2 * one:
            yield Finding("a repeated step was counted twice", "/ws")


@check("W009", "Ids are checked", stage=Stage.SERVER, needs=("W007",), v2=True, mend=_MEND)
def v2_checks_ids(server: Server) -> Iterator[Finding]:
    """Older, skipped and reused ones are refused, and nothing runs."""
    with server.v2() as session:
        session.expect("reset", "observation", {"seed": 1})
        session.expect("state", "state")
        before = session.last_id
        wrong: list[tuple[str, Any, str]] = [
            ("an older id", {"type": "reset", "id": before - 1, "data": {"seed": 1}}, "STALE_REQUEST"),
            ("a skipped id", {"type": "state", "id": before + 2}, "OUT_OF_ORDER"),
            ("a reused id", {"type": "reset", "id": before, "data": {}}, "ID_REUSED"),
        ]
        for called, frame, code in wrong:
            answer = session.socket.ask(frame)
            if answer.code != code:
                yield Finding(f"{called} was answered by {answer} instead of {code}", "/ws")
        session.expect("state", "state")


@check("W010", "A step before reset is refused", stage=Stage.SERVER, needs=("W007",), v2=True, mend=_MEND)
def v2_asks_for_a_reset(server: Server) -> Iterator[Finding]:
    """So that no reward is paid outside an episode."""
    with server.v2() as session:
        answer = session.ask("step", server.action())
        if answer.code != "RESET_REQUIRED":
            yield Finding(f"a step before reset was answered by {answer} instead of RESET_REQUIRED", "/ws")
        session.expect("reset", "observation", {})


@check(
    "W011",
    "Bad frames get typed errors in v2",
    stage=Stage.SERVER,
    needs=("W006", "B001", "B007"),
    v2=True,
    mend="answer each bad frame with an error and its code, and read on",
)
def v2_refuses_bad_frames(server: Server) -> Iterator[Finding]:
    """And leave the session usable; a frame whose id cannot be read is answered with ``id: null``."""
    with server.v2() as session:
        session.expect("reset", "observation", {})
        yield from _unnumbered(session)
        for called, frame, code in (
            ("an unknown type", {"type": "no_such_type"}, "UNKNOWN_TYPE"),
            ("an unknown key", {"type": "state", "no_such_key": 1}, "VALIDATION_ERROR"),
            ("a negative seed", {"type": "reset", "data": {"seed": -1}}, "VALIDATION_ERROR"),
            ("an unknown action field", {"type": "step", "data": {"no_such_field_": 1}}, "VALIDATION_ERROR"),
        ):
            yield from refusals(session, [(called, {**frame, "id": session.last_id + 1}, code)])


@check(
    "W014",
    "A session is resumed after its connection was lost",
    stage=Stage.SERVER,
    needs=("W008",),
    v2=True,
    mend=_MEND,
)
def v2_resumes(server: Server) -> Iterator[Finding]:
    """On a new connection, and the episode is where it was."""
    with server.v2() as session:
        session.expect("reset", "observation", {"seed": 1})
        session.ask("step", server.action())
        before = session.expect("state", "state")
        if session.expect("state", "state").data != before.data:
            raise NotChecked("the state differs from look to look")
        session.socket.cut()
        with server.resumed(session) as again:
            if again.greeting.get("resumed") is not True or again.greeting.get("last_id") != session.last_id:
                yield Finding(f"resume was answered by {brief(again.greeting)}", "/ws")
            after = again.expect("state", "state")
            if after.data != before.data:
                yield Finding(f"the state was {brief(before.data)} before, and is {brief(after.data)} after it", "/ws")


def _step_count(session: Session) -> int:
    count = session.expect("state", "state").data.get("step_count")
    return count if isinstance(count, int) else 0


def _unnumbered(session: Session) -> Iterator[Finding]:
    wrong: list[tuple[str, Any, str]] = [
        ("broken JSON", '{"type": ', "INVALID_JSON"),
        ("a JSON array", "[1]", "VALIDATION_ERROR"),
        ("a number", "5", "VALIDATION_ERROR"),
        ("a binary frame", b"{}", "VALIDATION_ERROR"),
        ("a frame without id", {"type": "state"}, "VALIDATION_ERROR"),
    ]
    for called, frame, code in wrong:
        answer: Frame = session.socket.ask(frame)
        if answer.code != code or answer.content.get("id") is not None:
            yield Finding(f"{called} was answered by {answer} (id {answer.content.get('id')}) instead of {code}", "/ws")
    session.expect("state", "state")
