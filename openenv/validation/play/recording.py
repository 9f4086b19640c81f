"""Episodes as they were played, for checks that only look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any

from openenv.errors import InvalidResultError
from openenv.validation.check import NotChecked, ProbeError
from openenv.validation.play.arena import Answer, Answers, Arena
from openenv.validation.play.script import NOTHING, Request, Script
from openenv.validation.play.values import CannotMake
from openenv.validation.schemas import Schemas
from openenv.validation.serving.wire import Frame, Player

Choose = Callable[[dict[str, Any] | None], Any]
"""From what was seen last to the next action; raises ``CannotMake`` where there is none."""


@dataclass(frozen=True)
class Turn:
    """A step and what came of it.

    Attributes:
        number: Which step of its episode it was, from 1.
        action: What was sent.
        answer: The reply; ``None`` where none came.
        trouble: Why none came.
        state: The reply to the request for the state after it.
        seconds: How long the step took.
    """

    number: int
    action: Any
    answer: Frame | None
    trouble: ProbeError | None = None
    state: Frame | None = None
    seconds: float = 0.0

    @property
    def taken(self) -> bool:
        """Whether the environment took the step."""
        return self.answer is not None and self.answer.kind == "observation"

    @property
    def ends(self) -> bool:
        """Whether the episode is over after it."""
        return self.taken and self.answer is not None and bool(self.answer.data.get("done"))

    @property
    def unrewarded(self) -> bool:
        """Whether the server took offence at the step's reward, and at nothing else."""
        answer = self.answer
        return answer is not None and answer.code == InvalidResultError.code and answer.data.get("field") == "reward"


@dataclass(frozen=True)
class Episode:
    """One episode from its reset.

    Attributes:
        reset: The reply to the reset.
        state: The reply to the request for the state after it; ``None`` where nobody asked.
        turns: The steps.
    """

    reset: Frame
    state: Frame | None
    turns: tuple[Turn, ...] = ()

    @property
    def taken(self) -> list[Turn]:
        """The steps that the environment took."""
        return [turn for turn in self.turns if turn.taken]


@dataclass(frozen=True)
class Recording:
    """Episodes played one after the other in one session.

    Attributes:
        schemas: What the server says that it takes and gives.
        episodes: The episodes.
        no_action: Why no action could be made, where that was so.
        script: What was sent.
        answers: What came of it.
    """

    schemas: Schemas
    episodes: tuple[Episode, ...]
    no_action: str | None = None
    script: Script = NOTHING
    answers: Answers = ()

    @property
    def turns(self) -> list[Turn]:
        """The steps of all episodes."""
        return [turn for episode in self.episodes for turn in episode.turns]

    @property
    def understood(self) -> list[Turn]:
        """The steps whose action was not refused as one that the schema should not allow."""
        return [turn for turn in self.turns if turn.answer is not None and turn.answer.code != "VALIDATION_ERROR"]

    def require_rewards(self) -> None:
        """Raise ``NotChecked`` where the server took offence at a reward: that is the finding of B005."""
        if any(turn.unrewarded for turn in self.turns):
            raise NotChecked("B005 failed")

    def results(self) -> Iterator[tuple[str, dict[str, Any], bool]]:
        """Go through everything that resets and steps returned: what it was, its data, whether it was a reset."""
        for number, episode in enumerate(self.episodes, 1):
            yield f"reset {number}", episode.reset.data, True
            for turn in episode.taken:
                assert turn.answer is not None
                yield f"step {turn.number} of episode {number}", turn.answer.data, False


def record(arena: Arena, choose: Choose, lengths: tuple[int, ...], first: tuple[int | None, ...] = ()) -> Recording:
    """Play in one fresh session and write down what happens.

    Args:
        arena: Where to play.
        choose: Chooses the actions.
        lengths: How many steps each episode has at most; one begins in the middle of the one before it, or after its
            end.
        first: The seeds of the first episodes, ``None`` for a reset without one; the others are counted on.

    Returns:
        The recording; a request that is not answered ends it, and so does a reset that fails.

    Raises:
        ProbeError: No session opens.
        NotChecked: There is no session, or no time.
    """
    with arena.session() as player:
        tape = _Tape(arena, player)
        no_action = None
        seeds = chain(first, count(len(first)))
        for number, (steps, seed) in enumerate(zip(lengths, seeds, strict=False)):  # there is always another seed
            try:
                tape.play(seed, steps, choose)
            except CannotMake as reason:
                no_action = str(reason)
                break
            if tape.broken or (number and tape.full):
                break
    return recording_of(arena.schemas, Script(tuple(tape.requests)), tuple(tape.answers), no_action)


def recording_of(schemas: Schemas, script: Script, answers: Answers, no_action: str | None = None) -> Recording:
    """Lay answers out as episodes.

    Args:
        schemas: What the server says that it takes and gives.
        script: What was sent.
        answers: What came of it.
        no_action: Why no further action could be made.

    Returns:
        The recording; an episode whose reset was not answered by an observation is left out.
    """
    found = (_episode(script, answers, places) for places in script.episodes())
    return Recording(schemas, tuple(one for one in found if one is not None), no_action, script, answers)


class _Tape:
    """Writes down what is sent in a session, and what comes of it.

    Args:
        arena: Where it is played.
        player: The session.
    """

    def __init__(self, arena: Arena, player: Player) -> None:
        self.requests: list[Request] = []
        self.answers: list[Answer] = []
        self._arena = arena
        self._player = player
        self._until = arena.share_end()
        self.broken = False
        """Whether nothing more can be played: a request was not answered, or a reset failed."""

    @property
    def full(self) -> bool:
        """Whether the time is over in which anything is written down."""
        return time.monotonic() > self._until

    def play(self, seed: int | None, steps: int, choose: Choose) -> None:
        """Play one episode, of so many steps at most."""
        seen = self._send(Request("reset", {} if seed is None else {"seed": seed})).frame
        if seen is None or seen.kind != "observation":
            self.broken = True
            return
        self._send(Request("state"))
        for _ in range(steps):
            if seen.data.get("done") or self.broken:
                return
            answer = self._send(Request("step", choose(_observation(seen)))).frame
            if self.broken:
                return
            self._send(Request("state"))
            if self.full:
                return
            seen = answer if answer and answer.kind == "observation" else seen

    def _send(self, request: Request) -> Answer:
        self.requests.append(request)
        self.answers.append(self._arena.ask(self._player, request))
        self.broken = self.answers[-1].trouble is not None
        return self.answers[-1]


def _observation(seen: Frame) -> dict[str, Any] | None:
    said = seen.data.get("observation")
    return said if isinstance(said, dict) else None


def _episode(script: Script, answers: Answers, places: list[int]) -> Episode | None:
    """Lay out the answers at these places, the first of which is a reset."""
    reset, *rest = places
    first = answers[reset].frame
    if first is None or first.kind != "observation":
        return None
    state: Frame | None = None
    turns: list[Turn] = []
    for place in rest:
        request, answer = script.requests[place], answers[place]
        if request.kind == "state" and not turns:
            state = answer.frame
        elif request.kind == "step":
            turns.append(Turn(len(turns) + 1, request.data, answer.frame, answer.trouble, None, answer.seconds))
        elif request.kind == "state":
            last = turns[-1]
            # A state that is not asked for, because the connection was lost, is the step's trouble.
            turns[-1] = replace(last, state=answer.frame, trouble=last.trouble or answer.trouble)
    return Episode(first, state, tuple(turns))
