"""A failure that is played again: to make it shorter, or as it was kept."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from typing import Any

from openenv.validation.check import Check, Finding, NotChecked, Stage
from openenv.validation.json_schema import misfits
from openenv.validation.play.arena import Answer, Arena
from openenv.validation.play.oracles import ORACLES, Disproof
from openenv.validation.play.recording import recording_of
from openenv.validation.play.replay import Replay
from openenv.validation.play.script import Request, Script
from openenv.validation.play.shrinking import shortest
from openenv.validation.play.values import CannotMake, resolved

_FATAL_S = 6.0
"""How long servers are started anew for a failure that ends one, to make it shorter."""

_PART = 1 / 8
"""Of the time for playing, for any other failure."""

_PATIENCE_S = 3.0
_SLOWER = 10
"""What is not answered in as many times the longest answer so far, and in that many seconds, hangs."""

_ERROR = re.compile(r"\berror ([A-Z]+(?:_[A-Z]+)+)(?:: ([A-Za-z_.]+(?=:)))?")
_SUBJECT = re.compile(r"[^:]*?(?= is |:|$)")
_WORDS = 3

_ANSWERS = (None, "INVALID_ACTION", "RESET_REQUIRED")
"""Codes with which an environment that is sound may answer."""

_UNFIT = "VALIDATION_ERROR"
_MAY_NOT_FIT = ("B002", "B014", "B015")
"""Checks that a mended schema passes, which refuses the actions at fault."""

_HAVE_UNFIT = ("B014", "B015")
"""Checks whose scripts have actions that no schema allows, on purpose."""


class Playback:
    """Plays failures again.

    Args:
        arena: Where.
    """

    def __init__(self, arena: Arena) -> None:
        self._arena = arena

    def shortest(self, check: Check, finding: Finding, *, fatal: bool = False) -> Finding:
        """Make the script shorter that shows a finding, where it shows one that is alike again.

        Args:
            check: The check that found it.
            finding: What it found, with its script.
            fatal: Whether a request was not answered at all. The server may be gone, so each try needs one of its own.

        Returns:
            What the shortest script shows.
        """
        assert finding.replay is not None
        best, effort = finding, self._arena.effort
        unfit = self._unfit(finding.replay.scripts[0])
        until = time.monotonic() + (_FATAL_S if fatal else effort.seconds * _PART)

        def shows(script: Script) -> bool:
            nonlocal best
            if time.monotonic() > until:
                raise NotChecked("the time for it is up")
            sound = script.begins_with_resets and self._unfit(script) <= unfit
            found = self._alike(check, finding, script, fatal) if sound else None
            best = found or best
            return found is not None

        with suppress(NotChecked):  # then it stays as short as it has become
            shortest(finding.replay.scripts[0], shows, effort.shrinks)
        return replace(best, details=finding.details)

    def replayed(self, check: Check, script: Script) -> Iterator[Finding]:
        """Play a script again that a check has failed on.

        Raises:
            NotChecked: The check is about something else than scripts, or the environment is not one any more that
                the script says anything of.
        """
        found = next(_seen(check, self._arena, script), None)
        if found is not None:
            yield found
        else:
            self._require_sense(check, script)

    def _alike(self, check: Check, finding: Finding, script: Script, fatal: bool) -> Finding | None:
        try:
            with self._place(fatal) as arena:
                for found in _seen(check, arena, script):
                    if not fatal and _kind(found.message) == _kind(finding.message):
                        return found
                    if fatal and _without_numbers(found.message) == _without_numbers(finding.message):
                        return replace(found, message=finding.message)  # which says how long really was waited
        except NotChecked:
            if not fatal:
                self._arena.require_time()
        return None

    def _unfit(self, script: Script) -> set[str]:
        """The actions that the schema does not allow: a shorter script has no others of that kind."""
        actions = {repr(request.data): request.data for request in script if request.kind == "step"}
        return {said for said, action in actions.items() if misfits(self._arena.schemas.action, action)}

    def _place(self, fatal: bool) -> AbstractContextManager[Arena]:
        if not fatal:
            return nullcontext(self._arena)
        arena = self._arena
        return arena.anew(min(arena.timeout_s, max(_PATIENCE_S, _SLOWER * arena.longest_s)))

    def _require_sense(self, check: Check, script: Script) -> None:
        """Raise ``NotChecked`` where a request has come to nothing that the check could look at."""
        answers = self._arena.play(script)
        steps = sum(request.kind == "step" for request in script)
        senseless = [
            place
            for place, (request, answer) in enumerate(zip(script, answers, strict=True))
            if self._is_senseless(check, request, answer)
        ]
        if senseless and (check.id not in _HAVE_UNFIT or len(senseless) >= steps):
            answer = answers[senseless[0]]
            raise NotChecked(f"{script.called(senseless[0])}: now {answer.trouble or f'answered by {answer.frame}'}")

    def _is_senseless(self, check: Check, request: Request, answer: Answer) -> bool:
        if answer.trouble is not None or answer.frame is None:
            return answer.trouble is not None
        if answer.frame.code == _UNFIT and request.kind == "step" and check.id in _MAY_NOT_FIT:
            return self._has_other_fields(request.data)
        return answer.frame.code not in _ANSWERS

    def _has_other_fields(self, action: Any) -> bool:
        schema = self._arena.schemas.action
        with suppress(CannotMake):
            known = resolved(schema, schema).get("properties")
            return isinstance(action, dict) and isinstance(known, dict) and not known.keys() >= action.keys()
        return False


def told(id_: str, shown: Disproof) -> Finding:
    """Make a finding of what a script has shown."""
    where = shown.scripts[0].called(shown.place)
    lost = shown.trouble is not None and shown.trouble.lost
    replay = Replay(id_, shown.scripts, shown.dialect)
    return Finding(shown.message, where, shown.mend, traceback=shown.traceback, lost=lost, replay=replay)


def _seen(check: Check, arena: Arena, script: Script) -> Iterator[Finding]:
    """Play a script, and go through what a check finds."""
    if check.id in ORACLES:
        shown = ORACLES[check.id](arena, script)
        if shown is not None:
            yield told(check.id, shown)
    elif check.stage is Stage.RECORDING:
        for finding in check.function(recording_of(arena.schemas, script, arena.play(script))) or ():
            yield replace(finding, replay=Replay(check.id, (script,)))
    else:
        raise NotChecked(f"{check.id} is not found by playing an episode again")


def _kind(message: str) -> tuple[str | None, ...]:
    """Say what a message is about, without the values in it: the error and its class, or what something is said of."""
    error = _ERROR.search(message)
    if error is not None:
        return error.groups()
    subject = _SUBJECT.match(_without_numbers(message))
    return tuple((subject.group() if subject else message).split()[:_WORDS])


def _without_numbers(message: str) -> str:
    return re.sub(r"[\d.]+", "", message)
