"""B010 - B016 and B025 - B027: what the same requests come to when they are sent in another way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from openenv.project.manifest import MANIFEST_NAME
from openenv.project.project import read_text
from openenv.validation.check import Finding, NotChecked, Severity, Stage, check
from openenv.validation.files.environments import takes_episode_id
from openenv.validation.files.sources import Sources
from openenv.validation.play.arena import Arena
from openenv.validation.play.oracles import TOLD, answered, first_difference
from openenv.validation.play.plays import Play, enclosed, interleaved
from openenv.validation.play.recording import Recording
from openenv.validation.play.script import Request, Script
from openenv.validation.serving.slots import Slots


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
    if play.arena.max_sessions == 1:
        raise NotChecked("it plays one session at a time")
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
    "B027",
    "Later steps are answered too, without a seed and with the largest",
    stage=Stage.PLAY,
    needs=("B002", "B007"),
    spoilt_by=("W013",),
    mend="correct step, or reset: it takes seeds from 0 to 2**32 - 1, and none",
)
def play_goes_on(play: Play) -> Iterator[Finding]:
    """Hundreds of them in one session, while the time for it lasts."""
    play.recording.require_rewards()
    yield from play.judged("B027", answered, [play.long_session()])


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
    if project is None:
        raise NotChecked("without a project nobody says whether reset takes an episode_id")
    if not takes_episode_id(Sources(project.root)):
        raise NotChecked("no reset that takes an episode_id is found in the project's files")
    reset, *_ = play.episodes()[0]
    asking = Request("reset", {**(reset.data or {}), "episode_id": "episode-1"})
    yield from play.disproved("B025", [Script((asking, Request("state")))])


@check(
    "B026",
    "Another start gives the same episode",
    stage=Stage.SLOTS,
    severity=Severity.WARNING,
    needs=("B010",),
    mend="sort what comes out of a set, and seed what is drawn while modules are imported",
)
def starts_are_alike(slots: Slots) -> Iterator[Finding]:
    """The first recorded episodes, on a second server, where sets of texts have another order."""
    _require_free_order(slots.first)
    here, there = slots.first.arena, slots.server.play.arena
    for script in here.share_of(slots.first.episodes()):
        unlike = first_difference(there.play(script), here.play(script))
        if unlike is None:
            continue
        if unlike.trouble is not None:
            raise NotChecked(f"on the second server, {unlike.trouble}")
        if not _is_steady(there, script):
            raise NotChecked("the second server does not play an episode twice in the same way")
        message = f"{unlike.difference} as from the server that was started before"
        yield Finding(message, script.called(unlike.place))
        return


def _require_free_order(play: Play) -> None:
    """Raise ``NotChecked`` where the project says itself which order sets have."""
    project = play.arena.project
    files = (
        [project.root / name for name in (MANIFEST_NAME, *Sources(project.root).dockerfile_places)] if project else []
    )
    if any(file.is_file() and "PYTHONHASHSEED" in read_text(file) for file in files):
        raise NotChecked("the project sets PYTHONHASHSEED")


def _is_steady(arena: Arena, script: Script) -> bool:
    return first_difference(arena.play(script), arena.play(script)) is None


def _asking(script: Script) -> Script:
    """Ask for the state after every request."""
    return Script(tuple(chain.from_iterable((request, Request("state")) for request in script)))


def _refusals(recording: Recording) -> tuple[int, int]:
    """Count the actions that the environment has refused, and those that its server has."""
    codes = [answer.frame.code for answer in recording.answers if answer.frame is not None]
    environment, server = (codes.count(code) for code in TOLD)
    return environment, server
