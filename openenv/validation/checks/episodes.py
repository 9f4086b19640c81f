"""B010 - B016 and B025: what the same requests come to when they are sent in another way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from openenv.validation.check import Finding, NotChecked, Severity, Stage, check
from openenv.validation.files.environments import takes_episode_id
from openenv.validation.files.sources import Sources
from openenv.validation.play.oracles import TOLD, answered
from openenv.validation.play.plays import Play, enclosed, interleaved
from openenv.validation.play.recording import Recording
from openenv.validation.play.script import Request, Script


@check(
    "B010",
    "The same seed and actions give the same episode",
    stage=Stage.PLAY,
    needs=("B002",),
    mend="keep what an episode knows on the instance, and draw from a generator that reset seeds: self.random = "
    "Random(seed)",
)
def episodes_are_reproducible(play: Play) -> Iterator[Finding]:
    """In two sessions one after the other."""
    yield from play.disproved("B010", play.episodes())


@check(
    "B011",
    "A reset begins a fresh episode",
    stage=Stage.PLAY,
    needs=("B010",),
    mend="make anew in reset whatever an episode changes",
)
def resets_are_fresh(play: Play) -> Iterator[Finding]:
    """In the middle of another one, and after its end."""
    played = play.episodes()
    longest = sorted(played, key=len, reverse=True)[:1]
    pairs = ((before, after) for after in played for before in (*play.ended([play.recording])[:1], *longest))
    yield from play.disproved("B011", (Script((*before, *after)) for before, after in pairs))


@check(
    "B012",
    "Sessions do not disturb each other",
    stage=Stage.PLAY,
    needs=("B010",),
    mend="keep everything on the instance: no module globals or class attributes that change, no random.seed or "
    "numpy.random.seed, no os.chdir, no files of one name, no lock that is kept over a step",
)
def sessions_are_isolated(play: Play) -> Iterator[Finding]:
    """Two that are played in turn, and one that is opened and closed while another one goes on."""
    one, *others = map(_asking, play.episodes())
    other = others[0] if others else one
    scripts = (interleaved(one, other), enclosed(one, other), interleaved(other, one))
    yield from play.disproved("B012", scripts)


@check(
    "B013",
    "Asking for the state changes nothing",
    stage=Stage.PLAY,
    needs=("B010",),
    mend="only return in state what is there: draw, count and compute in reset and step",
)
def state_is_read_only(play: Play) -> Iterator[Finding]:
    """After every reset and every step."""
    yield from play.disproved("B013", map(_asking, play.episodes()))


@check(
    "B014",
    "Actions from the edges of the schema are answered",
    stage=Stage.PLAY,
    needs=("B002", "B007"),
    mend="say in the schema what is allowed (ge, le, min_length, max_length), or raise InvalidActionError in step",
)
def edges_are_answered(play: Play) -> Iterator[Finding]:
    """The empty, the longest, the largest, each member, and what does not fit; and what comes after them."""
    play.recording.require_rewards()
    yield from play.judged("B014", answered, play.wild)


@check(
    "B015",
    "Refused actions change nothing",
    stage=Stage.PLAY,
    needs=("B010", "B014"),
    mend="look at the whole action, and raise InvalidActionError, before anything is changed or drawn",
)
def refusals_change_nothing(play: Play) -> Iterator[Finding]:
    """What follows is as if nobody had asked."""
    recordings = sorted((*play.wild, play.recording), key=_refusals, reverse=True)
    refused = [recording.script.without_states() for recording in recordings if any(_refusals(recording))]
    if not refused:
        raise NotChecked("no action was refused")
    yield from play.disproved("B015", refused)


@check(
    "B016",
    "Nothing is paid after the end",
    stage=Stage.PLAY,
    severity=Severity.WARNING,
    needs=("B002",),
    mend="raise InvalidActionError in step when the episode is over: servers and clients of openenv 0.10 pass it on",
)
def the_end_is_the_end(play: Play) -> Iterator[Finding]:
    """A step after it is refused, or earns nothing."""
    ended = play.ended((play.recording, *play.wild))
    if not ended:
        raise NotChecked("no episode came to its end")
    steps = [[request for request in script if request.kind == "step"] for script in ended]
    further = [Script((*script, taken[-1], taken[0])) for script, taken in zip(ended, steps, strict=True) if taken]
    yield from play.disproved("B016", further)


@check(
    "B025",
    "An episode has the name that was asked for",
    stage=Stage.PLAY,
    severity=Severity.WARNING,
    needs=("B009",),
    mend="in reset, take the episode_id that is given: State(episode_id=episode_id or str(uuid4()))",
)
def names_are_taken(play: Play) -> Iterator[Finding]:
    """Where reset takes an ``episode_id``, so that a run finds its episodes again."""
    project = play.arena.project
    if project is None or not takes_episode_id(Sources(project.root)):
        raise NotChecked("no reset that takes an episode_id is found in the project's files")
    reset, *_ = play.episodes()[0]
    asking = Request("reset", {**reset.data, "episode_id": "episode-1"})
    yield from play.disproved("B025", [Script((asking, Request("state")))])


def _asking(script: Script) -> Script:
    """Ask for the state after every request."""
    return Script(tuple(chain.from_iterable((request, Request("state")) for request in script)))


def _refusals(recording: Recording) -> tuple[int, int]:
    """Count the actions that the environment has refused, and those that its server has."""
    codes = [answer.frame.code for answer in recording.answers if answer.frame is not None]
    environment, server = (codes.count(code) for code in TOLD)
    return environment, server
