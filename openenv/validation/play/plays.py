"""What is played for the checks of behaviour, each thing when the first check asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, cycle, islice, zip_longest
from typing import Any

from openenv.protocol import MAX_SEED
from openenv.validation.check import Check, Finding, NotChecked, ProbeError, Stage, TimeUp, registered
from openenv.validation.play.actions import ActionMaker
from openenv.validation.play.arena import Arena
from openenv.validation.play.earnings import Earned, earned
from openenv.validation.play.edges import edges_of
from openenv.validation.play.growth import Measured, measured
from openenv.validation.play.oracles import ORACLES, Disproof, Judge
from openenv.validation.play.playback import Playback, told
from openenv.validation.play.recording import Recording, record
from openenv.validation.play.replay import Replay
from openenv.validation.play.script import Request, Script
from openenv.validation.play.values import CannotMake
from openenv.validation.remembered import remembered

_FIRST, _FIRST_RESET = "B001", Script((Request("reset", {}),))
"""The check of the very first reset, and what it plays."""

_WILD = (12, 12, 3)
"""How many steps the episodes of a session have in which every other action is from the edges."""


_LONG = (300, *[30] * 10)
"""How many steps the episodes of a session have that is played on."""


class Play:
    """Episodes in an arena, and what they show.

    Args:
        arena: The arena.
    """

    def __init__(self, arena: Arena) -> None:
        self.arena = arena
        self._playback = Playback(arena)
        self._earnings: dict[str, list[Earned]] = {}

    @remembered
    def recording(self) -> Recording:
        """Episodes with plain actions, or ``NotChecked`` where none can be played (B001)."""
        actions = ActionMaker(self.arena.schemas.action)
        try:
            recording = record(self.arena, actions.make, self.arena.effort.episodes)
        except ProbeError as error:
            raise NotChecked(f"no episode could be played: {error} (B001)") from None
        if not recording.episodes:
            raise NotChecked("no episode could be played (B001)")
        return recording

    @remembered
    def wild(self) -> list[Recording]:
        """Sessions in which every other action is from the edges of the schema."""
        edges = islice(cycle(self._edges()), self.arena.effort.edges)
        found: list[Recording] = []
        self.arena.require_time()
        for first in self.arena.share_of(edges):
            choices = _Alternating(chain([first], edges), ActionMaker(self.arena.schemas.action))
            found.append(record(self.arena, choices.make, _WILD))
            if any(answer.trouble for answer in found[-1].answers):
                break  # the server may be gone
        return found

    def long_session(self) -> Recording:
        """A session played on while the share of the time lasts: without a seed, then with the largest."""
        return record(self.arena, ActionMaker(self.arena.schemas.action).make, _LONG, first=(None, MAX_SEED))

    def long_episode(self, steps: int) -> Recording:
        """One more episode with plain actions, of so many steps at most."""
        self.arena.require_time()
        return record(self.arena, ActionMaker(self.arena.schemas.action).make, (steps,))

    def earned(self, policy: str) -> list[Earned]:
        """Episodes of a policy that the manifest names, or of ``random``; raises ``PolicyFailure``."""
        if policy not in self._earnings:
            arena = self.arena
            self._earnings[policy] = earned(arena, policy, arena.project, range(2 * arena.effort.tries))
        return self._earnings[policy]

    def many_episodes(self) -> list[Measured]:
        """What hundreds of episodes need, or ``NotChecked`` where so many are not asked for."""
        if not self.arena.effort.trend:
            raise NotChecked("only --thorough plays hundreds of episodes")
        return self._measured

    @remembered
    def _measured(self) -> list[Measured]:
        return measured(self.arena, self.recording.script.without_states())

    def episodes(self) -> list[Script]:
        """The recorded episodes, each as a script of its own; none whose steps were not answered."""
        recording = self.recording
        places = [one for one in recording.script.episodes() if all(recording.answers[place].frame for place in one)]
        return [recording.script.only(one).without_states() for one in places]

    def ended(self, recordings: Iterable[Recording]) -> list[Script]:
        """The episodes of recordings that came to an end, each as a script of its own."""
        scripts = []
        for recording in recordings:
            for places in recording.script.episodes():
                frames = [recording.answers[place].frame for place in places]
                if any(frame and frame.data.get("done") for frame in frames):
                    scripts.append(recording.script.only(places).without_states())
        return scripts

    def disproved(self, id_: str, scripts: Iterable[Script]) -> Iterator[Finding]:
        """Try scripts until one shows something, and make it as short as that can be.

        Args:
            id_: The check.
            scripts: What to try; no more than there is time for.
        """
        oracle, tried = ORACLES[id_], False
        for script in self.arena.share_of(islice(scripts, self.arena.effort.tries)):
            try:
                shown = oracle(self.arena, script)
            except TimeUp:
                if tried:
                    return
                raise
            tried = True
            if shown is not None:
                yield self._finding(id_, shown)
                return

    def judged(self, id_: str, judge: Judge, recordings: Iterable[Recording]) -> Iterator[Finding]:
        """Look at what was recorded until something is shown; as :meth:`disproved`."""
        for recording in recordings:
            shown = judge(self.arena, recording.script, recording.answers)
            if shown is not None:
                yield self._finding(id_, shown)
                return

    def replayed(self, check: Check, script: Script) -> Iterator[Finding]:
        """Play a script again that a check has failed on.

        Raises:
            NotChecked: The check is about something else than scripts, or the script says nothing any more.
        """
        return iter(check.function(self) or ()) if check.id == _FIRST else self._playback.replayed(check, script)

    def shown(self, check: Check, finding: Finding) -> Finding:
        """Add the shortest episode that shows what a check has found, where an episode does."""
        if check.id == _FIRST:
            return replace(finding, replay=Replay(_FIRST, (_FIRST_RESET,)))
        if check.stage is not Stage.RECORDING:
            return finding
        recording = self.recording
        found = replace(finding, replay=Replay(check.id, (recording.script,)))
        fatal = any(answer.trouble for answer in recording.answers)
        return self._playback.shortest(check, found, fatal=fatal)

    def _edges(self) -> Iterator[Any]:
        try:
            yield from edges_of(self.arena.schemas.action)
        except CannotMake as reason:
            raise NotChecked(f"no action could be made from the schema: {reason}") from None

    def _finding(self, id_: str, shown: Disproof) -> Finding:
        finding = told(id_, shown)
        if shown.whole:
            return finding
        return self._playback.shortest(registered()[id_], finding, fatal=shown.trouble is not None)


class _Alternating:
    """Chooses plain actions, and others in between.

    Args:
        others: Where those in between come from; there is always a first one.
        plain: Makes the plain ones.
    """

    def __init__(self, others: Iterator[Any], plain: ActionMaker) -> None:
        self._others = others
        self._plain = plain
        self._turn = 0

    def make(self, observation: dict[str, Any] | None) -> Any:
        """Choose an action."""
        self._turn += 1
        if self._turn % 2:
            for action in self._others:
                return action
        return self._plain.make(observation)


def interleaved(one: Script, other: Script) -> Script:
    """Play two scripts at once, a request of each in turn."""
    rows = zip_longest(one.in_session(1), other.in_session(2))
    return Script(tuple(request for row in rows for request in row if request is not None))


def enclosed(one: Script, other: Script) -> Script:
    """Play a script, and another one in the middle of it, whose session is closed before the first goes on."""
    requests, middle = one.in_session(1).requests, (len(one) + 1) // 2
    inner = (*other.in_session(2).requests, Request("close", session=2))
    return Script((*requests[:middle], *inner, *requests[middle:]))
