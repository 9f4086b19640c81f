"""What no script may show, check by check: plays it, and says what is wrong.

An oracle that compares plays the script once more in another way, and blames the environment only for what happens
again when both are repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from openenv.protocol import Dialect
from openenv.validation.check import NotChecked, ProbeError
from openenv.validation.mends import mend_refusal
from openenv.validation.play.arena import Answer, Answers, Arena
from openenv.validation.play.comparison import Difference, difference
from openenv.validation.play.script import Script
from openenv.validation.results import is_finite_number
from openenv.validation.wording import brief

TOLD = ("INVALID_ACTION", "VALIDATION_ERROR")
"""Codes of errors that say that the action was at fault, not the environment."""

_NOT_OVER = ("RESET_REQUIRED",)
_MEND_CLOCK = (
    "if it is a clock, put it into metadata, or into a field that is called so, as created_at; else let all chance "
    "come from a generator that reset seeds"
)
_REPEATS = 3
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Disproof:
    """What a script has shown.

    Attributes:
        message: What is wrong.
        place: Which of its requests shows it.
        scripts: What was played to see it, the script first.
        mend: What would do about it, where that is known better than to the check.
        traceback: How the environment came to it, where that is known.
        dialect: What was spoken, where it is not the newest.
        trouble: Why a request was not answered at all, where that is what is wrong.
        whole: Whether less of the script would prove nothing.
    """

    message: str
    place: int
    scripts: tuple[Script, ...]
    mend: str | None = None
    traceback: str | None = None
    dialect: Dialect | None = None
    trouble: ProbeError | None = None
    whole: bool = False


Oracle = Callable[[Arena, Script], "Disproof | None"]
"""Plays a script and says what it has shown."""

Judge = Callable[[Arena, Script, Answers], "Disproof | None"]
"""Says what the answers to a script have shown."""


def same_again(arena: Arena, script: Script) -> Disproof | None:
    """The same requests in two fresh sessions are answered alike."""
    first = arena.play(script)
    gone = _gone(script, first)
    if gone is not None:
        return gone
    second = arena.play(script)
    unlike = first_difference(second, first)
    if unlike is None:
        return None
    if arena.seedable is not True and unlike.trouble is None:
        raise NotChecked("the same actions give different episodes, and reset takes no seed")
    said = f"{unlike.difference} as in the session before"
    mend = _MEND_CLOCK if unlike.difference.of_clocks else None
    return Disproof(said, unlike.place, (script, script), mend, trouble=unlike.trouble)


def fresh_after_reset(arena: Arena, script: Script) -> Disproof | None:
    """The last episode of a session is what it is in a session of its own."""
    episodes = script.episodes()
    if len(episodes) < 2:
        return None
    return _same_alone(arena, script, episodes[-1], "as in a session of its own")


def undisturbed(arena: Arena, script: Script) -> Disproof | None:
    """Each of several sessions is what it is alone."""
    for session in script.sessions if len(script.sessions) > 1 else ():
        shown = _same_alone(arena, script, script.of_session(session), "as without the other session")
        if shown is not None:
            return shown
    return None


def unchanged_by_state(arena: Arena, script: Script) -> Disproof | None:
    """Asking for the state makes no difference to what follows."""
    kept = [place for place, request in enumerate(script) if request.kind != "state"]
    if len(kept) == len(script):
        return None
    return _same_alone(arena, script, kept, "as when nobody asks for the state")


def unchanged_by_refusals(arena: Arena, script: Script) -> Disproof | None:
    """An action that is refused makes no difference to what follows."""
    answers = arena.play(script)
    refused = {place for place, answer in enumerate(answers) if _code(answer) in TOLD}
    kept = [place for place in range(len(script)) if place not in refused]
    if not refused or not kept:
        return None
    return _same_alone(arena, script, kept, "as without the refused action")


def answered(arena: Arena, script: Script, answers: Answers) -> Disproof | None:
    """Each request is answered by what it asks for, or by an error that blames the action."""
    for place, (request, answer) in enumerate(zip(script, answers, strict=True)):
        if answer.trouble is not None:
            trouble = answer.trouble
            return Disproof(str(trouble), place, (script,), trouble.mend, trouble.traceback, trouble=trouble)
        code = _code(answer)
        if code is None or code in _NOT_OVER or (request.kind == "step" and code in TOLD):
            continue
        assert answer.frame is not None
        mend = mend_refusal(request.kind, answer.frame.data)
        return Disproof(f"answered by {answer.frame}", place, (script,), mend, answer.frame.traceback)
    return None


def over_is_over(arena: Arena, script: Script) -> Disproof | None:
    """After the end of an episode no step is paid for, nor does one fail, in either version of the protocol."""
    for dialect in (None, Dialect.V1) if arena.dialect is Dialect.V2 else (None,):
        begun = over = False
        for place, (request, answer) in enumerate(zip(script, arena.play(script, dialect), strict=True)):
            said = _wrong_after_end(answer) if over and request.kind == "step" else None
            if said is not None:
                traceback = answer.frame.traceback if answer.frame else None
                return Disproof(f"after the end, {said}", place, (script,), None, traceback, dialect)
            begun = begun or request.kind == "reset"
            if answer.frame is not None and answer.frame.kind == "observation":
                over = begun and request.kind == "step" and bool(answer.frame.data.get("done"))
    return None


def seeds_matter(arena: Arena, script: Script) -> Disproof | None:
    """Episodes that differ in their seeds only are not all the same."""
    first, *others = [script.only(places) for places in script.episodes()]
    seeds = [(episode.requests[0].data or {}).get("seed") for episode in (first, *others)]
    if len(set(seeds)) < 2:
        return None
    expected = arena.play(first)
    if any(answer.trouble for answer in expected) or any(
        first_difference(arena.play(other), expected) is not None for other in others
    ):
        return None
    *most, last = map(str, seeds)
    said = f"seeds {', '.join(most)} and {last} give the same episode"
    return Disproof(said, 0, (script,), whole=True)


def in_range(arena: Arena, script: Script, answers: Answers) -> Disproof | None:
    """Each reward lies in the declared range."""
    limits = arena.claims.reward.range
    if limits is None:
        raise arena.unclaimed()
    for place, answer in enumerate(answers):
        reward = answer.frame.data.get("reward") if answer.frame else None
        if is_finite_number(reward) and not limits[0] - _TOLERANCE <= reward <= limits[1] + _TOLERANCE:
            return Disproof(f"the reward is {reward:g}, not from {limits[0]:g} to {limits[1]:g}", place, (script,))
    return None


def ends_in_time(arena: Arena, script: Script, answers: Answers) -> Disproof | None:
    """No episode has as many steps as are declared and goes on."""
    most, steps = arena.claims.episode.max_steps, 0
    for place, (request, answer) in enumerate(zip(script, answers, strict=True)):
        taken = answer.frame is not None and answer.frame.kind == "observation"
        steps = 0 if request.kind == "reset" else steps + (taken and request.kind == "step")
        if steps == most and taken and answer.frame and not answer.frame.data.get("done"):
            return Disproof(f"the episode goes on after {most} steps", place, (script,))
    return None


def named_as_asked(arena: Arena, script: Script, answers: Answers) -> Disproof | None:
    """The state of an episode has the name that its reset was given."""
    asked = None
    for place, (request, answer) in enumerate(zip(script, answers, strict=True)):
        if request.kind == "reset":
            asked = (request.data or {}).get("episode_id")
        elif asked and answer.frame is not None and answer.frame.kind == "state":
            found = answer.frame.data.get("episode_id")
            if found != asked:
                return Disproof(f"episode_id is {brief(found)}, not {asked} that reset was given", place, (script,))
    return None


def fast_enough(arena: Arena, script: Script) -> Disproof | None:
    """Resets and steps take no longer than declared, at the best of several tries."""
    claims = arena.claims.episode
    limits = {"reset": claims.reset_s, "step": claims.step_s}
    best = [answer.seconds for answer in arena.play(script)]
    for _ in range(_REPEATS - 1):
        if not any(_late(limits.get(request.kind), took) for request, took in zip(script, best, strict=True)):
            return None
        again = arena.play(script)
        best = [min(took, answer.seconds) for took, answer in zip(best, again, strict=True)]
    for place, (request, took) in enumerate(zip(script, best, strict=True)):
        limit = limits.get(request.kind)
        if _late(limit, took):
            return Disproof(f"it took {took:.2g} s, not at most {limit:g} s", place, (script,))
    return None


def never_in_time(arena: Arena, script: Script, answers: Answers) -> Disproof | None:
    """Of several resets, and of several steps, at least one takes no longer than declared."""
    claims = arena.claims.episode
    for kind, limit in (("reset", claims.reset_s), ("step", claims.step_s)):
        places = [place for place, request in enumerate(script) if request.kind == kind and answers[place].frame]
        if len(places) > 1:
            best = min(places, key=lambda place: answers[place].seconds)
            took = answers[best].seconds
            if _late(limit, took):
                said = f"the fastest {kind} of {len(places)} took {took:.2g} s, not at most {limit:g} s"
                return Disproof(said, best, (script,))
    return None


def _late(limit: float | None, took: float) -> bool:
    return limit is not None and took > limit


def _same_alone(arena: Arena, script: Script, kept: list[int], said: str) -> Disproof | None:
    """Compare what is answered at some places with what is answered when nothing else is sent."""
    alone = script.only(kept)
    parts: list[Answers] = []
    found: list[Unlike] = []
    for _ in range(2):
        whole = arena.play(script)
        gone = _gone(script, whole)
        if gone is not None:
            return gone
        parts.append(arena.play(alone))
        unlike = first_difference([whole[one] for one in kept], parts[-1])
        if unlike is None:
            return None
        found.append(unlike)
    first, last = found
    # Where it is not the same twice, nobody can tell.
    if first.place != last.place or first_difference(*parts) is not None:
        return None
    return Disproof(f"{last.difference} {said}", kept[last.place], (script, alone), trouble=last.trouble)


def _gone(script: Script, answers: Answers) -> Disproof | None:
    """Say where the server hung up: whatever is compared with that is not answered either."""
    for place, answer in enumerate(answers):
        if answer.trouble is not None and answer.trouble.lost:
            return Disproof(str(answer.trouble), place, (script,), trouble=answer.trouble)
    return None


@dataclass(frozen=True)
class Unlike:
    """Where two plays part: at which request, in what, and why one of them was not answered, where that is it."""

    place: int
    difference: Difference
    trouble: ProbeError | None


def first_difference(seen: Iterable[Answer], expected: Iterable[Answer]) -> Unlike | None:
    """Find the first request that is answered otherwise than expected; ``None`` where there is none."""
    for place, (one, other) in enumerate(zip(seen, expected, strict=True)):
        found = difference(one, other)
        if found is not None:
            return Unlike(place, found, one.trouble or other.trouble)
    return None


def _code(answer: Answer) -> str | None:
    return None if answer.frame is None else answer.frame.code


def _wrong_after_end(answer: Answer) -> str | None:
    if answer.trouble is not None:
        return str(answer.trouble)
    assert answer.frame is not None
    if answer.frame.kind == "observation":
        reward = answer.frame.data.get("reward")
        return f"a step is paid {reward:g}" if is_finite_number(reward) and reward else None
    refused = answer.frame.code in (*TOLD, *_NOT_OVER)
    return None if refused else f"a step is answered by {answer.frame}"


def judging(judge: Judge) -> Oracle:
    """Make an oracle of what looks at the answers only."""
    return lambda arena, script: judge(arena, script, arena.play(script))


ORACLES: dict[str, Oracle] = {
    "B010": same_again,
    "B011": fresh_after_reset,
    "B012": undisturbed,
    "B013": unchanged_by_state,
    "B014": judging(answered),
    "B015": unchanged_by_refusals,
    "B016": over_is_over,
    "B017": seeds_matter,
    "B018": judging(in_range),
    "B019": judging(ends_in_time),
    "B020": fast_enough,
    "B025": judging(named_as_asked),
    "B027": judging(answered),
}
"""Check -> what no script may show."""
