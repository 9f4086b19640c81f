"""B017 - B022: what the manifest says of episodes, rewards and policies under ``validation``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from statistics import fmean

from openenv.project.claims import PolicyClaims
from openenv.validation.check import Finding, NotChecked, Severity, Stage, TimeUp, check
from openenv.validation.play.earnings import Earned, PolicyFailure, names_no_field, shown_before
from openenv.validation.play.oracles import ends_in_time, in_range, never_in_time
from openenv.validation.play.plays import Play
from openenv.validation.play.script import Request, Script

_SEEDS = 5
_TOLERANCE = 1e-9


@check(
    "B017",
    "Different seeds give different episodes",
    stage=Stage.PLAY,
    needs=("B010",),
    mend="draw from the seed that reset is given, or take seeds_differ out of openenv.yaml",
)
def seeds_matter(play: Play) -> Iterator[Finding]:
    """Where the manifest says so: five seeds do not all give the same."""
    if not play.arena.claims.episode.seeds_differ:
        raise play.arena.unclaimed()
    reset, *steps = play.episodes()[0]
    episodes = ((Request("reset", {**(reset.data or {}), "seed": seed}), *steps) for seed in range(_SEEDS))
    yield from play.disproved("B017", [Script(tuple(chain.from_iterable(episodes)))])


@check(
    "B018",
    "Rewards are in the declared range",
    stage=Stage.PLAY,
    severity=Severity.WARNING,
    needs=("B005",),
    mend="correct the reward, or the range in openenv.yaml",
)
def rewards_are_in_range(play: Play) -> Iterator[Finding]:
    """Of plain actions, and of those from the edges."""
    yield from play.judged("B018", in_range, (play.recording, *play.wild))


@check(
    "B019",
    "Episodes end within the declared number of steps",
    stage=Stage.PLAY,
    needs=("B006",),
    mend="end the episode, or set truncated, when step_count comes to the limit; or correct max_steps in openenv.yaml",
)
def episodes_end(play: Play) -> Iterator[Finding]:
    """With plain actions."""
    most = play.arena.claims.episode.max_steps
    if most is None:
        raise play.arena.unclaimed()
    recording = play.long_episode(most)
    yield from play.judged("B019", ends_in_time, [recording])
    if len(recording.turns) < most and not any(turn.ends for turn in recording.turns):
        raise NotChecked(f"there was time for {len(recording.turns)} steps, and an episode may have {most}")


@check(
    "B020",
    "Resets and steps are as fast as declared",
    stage=Stage.PLAY,
    needs=("B002",),
    mend="make it faster, or correct reset_s or step_s in openenv.yaml",
)
def answers_are_fast(play: Play) -> Iterator[Finding]:
    """At the best of three tries, so that a busy machine is not blamed on the environment.

    Where there is no time for these, at the best of what was recorded.
    """
    claims = play.arena.claims.episode
    if claims.reset_s is None and claims.step_s is None:
        raise play.arena.unclaimed()
    try:
        yield from play.disproved("B020", play.episodes())
    except TimeUp:
        slow = list(play.judged("B020", never_in_time, [play.recording]))
        if not slow:
            raise
        yield from slow


@check(
    "B021",
    "Policies earn what is declared",
    stage=Stage.PLAY,
    needs=("B002",),
    mend="correct how rewards are given, the policy, or what openenv.yaml says of it",
)
def policies_earn(play: Play) -> Iterator[Finding]:
    """The reference solution the top, random play and doing nothing no more than they should."""
    play.recording.require_rewards()
    for name, claims in _policies(play).items():
        try:
            yield from _misjudged(name, claims, play.earned(name))
        except PolicyFailure as failure:
            yield Finding(str(failure), f"policy {name}", "correct the policy")


@check(
    "B022",
    "No observation shows what is hidden",
    stage=Stage.PLAY,
    needs=("B021",),
    mend="take it out of what reset and step return; state is not for policies, yet any client may read it too",
)
def nothing_hidden_is_shown(play: Play) -> Iterator[Finding]:
    """What the reference solution does is in no observation before it does it."""
    hiding = {name: claims for name, claims in _policies(play).items() if claims.hidden}
    if not hiding:
        raise play.arena.unclaimed()
    for name, claims in hiding.items():
        episodes = play.earned(name)
        for number, field in enumerate(claims.hidden):
            if names_no_field(episodes, field):
                place = play.arena.claimed_at("policies", name, "hidden", number)
                yield Finding(f"no action of {name} has a field '{field}'", place, "name a field of its actions")
            shown = shown_before(episodes, field)
            if shown is not None:
                yield Finding(f"{shown} shows the '{field}' of what {name} does next", f"policy {name}")


def _policies(play: Play) -> dict[str, PolicyClaims]:
    claims = play.arena.claims.policies
    if not claims:
        raise play.arena.unclaimed()
    return claims


def _misjudged(name: str, claims: PolicyClaims, episodes: list[Earned]) -> Iterator[Finding]:
    mean = fmean(episode.total for episode in episodes)
    wrong = (
        [f"at least {claims.at_least:g}"] if claims.at_least is not None and mean < claims.at_least - _TOLERANCE else []
    )
    wrong += (
        [f"at most {claims.at_most:g}"] if claims.at_most is not None and mean > claims.at_most + _TOLERANCE else []
    )
    told = tuple(f"seed {episode.seed}: {episode.total:g} in {len(episode.actions)} steps" for episode in episodes)
    for limit in wrong:
        yield Finding(f"{name} earns {mean:g}, not {limit}", f"policy {name}", details=told)
