"""W012, W013 and W015: how many sessions there may be, and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from openenv.validation.check import Finding, NotChecked, Stage, check
from openenv.validation.checks.sessions import HttpSession
from openenv.validation.serving.slots import Slots
from openenv.validation.serving.watched import AGAIN

_READY = "GET /ready"
_NEEDS = ("W005", "B002", "B007")


@check(
    "W012",
    "No more sessions are let in than there are slots",
    stage=Stage.SLOTS,
    needs=_NEEDS,
    spoilt_by=("B012",),  # where one session waits for another one
    v2=True,
    mend="serve one app made by create_app, and let it count: OPENENV_MAX_SESSIONS says how many there may be",
)
def slots_are_counted(slots: Slots) -> Iterator[Finding]:
    """The one that is too many is told so."""
    _ = slots.server  # not checked where it does not start
    with ExitStack() as stack:
        for number in range(slots.count + 1):
            try:
                session = stack.enter_context(slots.open())
            except NotChecked:
                if number < slots.count:
                    yield Finding(f"of {slots.count} slots, only {number} could be taken", "/ws")
                return
            session.expect("reset", "observation", {})
        yield Finding(f"{slots.count + 1} sessions are open at once, with {slots.count} slots", "/ws")


@check(
    "W013",
    "A slot is free again when its session is over",
    stage=Stage.SLOTS,
    needs=_NEEDS,
    spoilt_by=("W012",),
    v2=True,
    mend="let close() of the environment return; serve with openenv.server",
)
def slots_become_free(slots: Slots) -> Iterator[Finding]:
    """Whether its client has closed it, was cut off, or does nothing any more."""
    for way, leave in _WAYS.items():
        seconds = slots.become_free()  # some were closed a moment ago
        if seconds is None:
            leave(slots)
            seconds = slots.become_free()
        if seconds is not None:
            held = ": its environment does not return from close" if slots.stuck() else ""
            yield Finding(f"{seconds:.0f} s after a session was {way}, its slot is still taken{held}", _READY)
            return


def _close(slots: Slots) -> None:
    with slots.open() as session:
        session.expect("reset", "observation", {})


def _cut_off(slots: Slots) -> None:
    with slots.open() as session:
        session.expect("reset", "observation", {})
        session.socket.send(session.next("reset", {}))  # so that it breaks off in the middle of something
        session.socket.cut()


def _leave_alone(slots: Slots) -> None:
    opened = slots.server.web.post("/sessions").object()
    HttpSession(slots.server, opened).post("reset", {})  # which comes too late on a machine that is very busy


_WAYS = {"closed": _close, "cut off": _cut_off, "left alone": _leave_alone}
"""How a session may end -> what a client does for that."""


@check(
    "W015",
    "Environments are closed once, without an error",
    stage=Stage.SLOTS,
    needs=("W013",),
    v2=True,
    mend="let close() raise nothing, and leave it to the server to call it",
)
def environments_are_closed_well(slots: Slots) -> Iterator[Finding]:
    """As the log of the server tells, after sessions that ended in different ways."""
    lines = slots.log
    for number, line in enumerate(lines):
        _, failed, said = line.partition(": close failed: ")
        if failed:
            yield Finding(said, traceback="\n".join(_traceback(lines[number + 1 :])))
        elif AGAIN in line:
            yield Finding("it was closed again after it had been closed", details=_traceback(lines[number + 1 :])[-8:])


def _traceback(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines of a traceback, or of a stack, at the beginning of a log."""
    first = next((number for number, line in enumerate(lines) if line.startswith(("ERROR", "WARNING"))), len(lines))
    return lines[:first]
