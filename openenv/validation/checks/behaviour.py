"""B001 - B009: what the environment itself does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openenv.validation.check import Finding, NotChecked, ProbeError, Severity, Stage, check
from openenv.validation.json_schema import misfits
from openenv.validation.mends import mend_refusal
from openenv.validation.play.oracles import TOLD
from openenv.validation.play.plays import Play
from openenv.validation.play.recording import Episode, Recording, Turn
from openenv.validation.results import is_finite_number, misshapen, whole_observation
from openenv.validation.serving.wire import Frame
from openenv.validation.wording import brief


@check("B001", "Reset gives an observation", stage=Stage.PLAY, mend="correct reset")
def reset_gives_an_observation(play: Play) -> Iterator[Finding]:
    """With the options that the manifest names, and no other."""
    try:
        result = play.arena.first_result()
    except ProbeError as error:
        if error.unknown is None:
            raise
        yield error.finding(play.arena.claimed_at("reset", error.unknown))
        return
    for problem in misshapen(result, v2=False):
        yield Finding(problem, "reset")


@check("B002", "Resets and steps are answered", stage=Stage.RECORDING, needs=("B001",), mend="correct reset, or step")
def requests_are_answered(recording: Recording) -> Iterator[Finding]:
    """Each reset, and every action made from the schema, gets an observation, or an error that blames the action."""
    yield from _failed_resets(recording)
    if recording.no_action is not None:
        raise NotChecked(f"no action could be made from the schema: {recording.no_action}")
    if not recording.turns and {request.kind for request in recording.script} != {"reset"}:
        raise NotChecked("no episode came to its first step")
    for turn in recording.turns:
        if turn.trouble is not None:
            yield turn.trouble.finding(_at(turn))
        elif turn.answer is not None and not turn.taken and not turn.unrewarded and turn.answer.code not in TOLD:
            mend = mend_refusal("step", turn.answer.data)
            yield Finding(f"answered by {turn.answer}", _at(turn), mend, traceback=turn.answer.traceback)


@check(
    "B003",
    "Actions that the schema allows are taken",
    stage=Stage.RECORDING,
    severity=Severity.WARNING,
    needs=("B002",),
    mend="say it in the schema (limits, enum, pattern), or raise InvalidActionError in step",
)
def schema_tells_all(recording: Recording) -> Iterator[Finding]:
    """What the schema allows should not fail validation."""
    for turn in recording.turns:
        if turn.answer is not None and turn.answer.code == "VALIDATION_ERROR":
            yield Finding(f"refused by {turn.answer}", _at(turn))


@check(
    "B004",
    "Observations fit their schema",
    stage=Stage.RECORDING,
    needs=("B001",),
    mend="declare the fields of the observation as what they really are",
)
def observations_fit(recording: Recording) -> Iterator[Finding]:
    """Each of them, at reset and at every step."""
    for called, data, is_reset in recording.results():
        if not isinstance(data.get("observation"), dict):
            yield Finding(f"'observation' is {brief(data.get('observation'))}, not an object", called)
            continue
        schema = recording.schemas.reset_observation if is_reset else recording.schemas.observation
        for problem in misfits(schema, whole_observation(data)):
            yield Finding(problem, called)


@check(
    "B005", "Rewards are finite numbers", stage=Stage.RECORDING, needs=("B002",), mend="return a finite reward, or None"
)
def rewards_are_finite(recording: Recording) -> Iterator[Finding]:
    """A NaN or an infinity spoils the whole run that trains on it."""
    for turn in recording.turns:
        if turn.answer is not None and turn.unrewarded:
            yield Finding(brief(turn.answer.data.get("message")), _at(turn))
    for called, data in _steps(recording):
        reward = data.get("reward")
        if reward is not None and not is_finite_number(reward):
            yield Finding(f"the reward is {brief(reward)}", called)


@check(
    "B006",
    "The end of an episode is said clearly",
    stage=Stage.RECORDING,
    needs=("B001",),
    mend="set done, terminated or truncated when an episode ends, and not before",
)
def endings_are_consistent(recording: Recording) -> Iterator[Finding]:
    """``done`` is ``terminated or truncated``, and no episode is over when it begins."""
    for called, data, is_reset in recording.results():
        flags = {name: data[name] for name in ("done", "terminated", "truncated") if name in data}
        unclear = [f"'{name}' is {brief(value)}" for name, value in flags.items() if not isinstance(value, bool)]
        if unclear:
            yield Finding(f"{unclear[0]}, not a truth value", called)
        elif len(flags) == 3 and flags["done"] != (flags["terminated"] or flags["truncated"]):
            yield Finding(f"done is not terminated or truncated: {flags}", called)
        elif is_reset and flags.get("done"):
            yield Finding("the episode is over as it begins", called)


@check(
    "B007",
    "States fit their schema",
    stage=Stage.RECORDING,
    needs=("B001",),
    mend="return what the state's class declares",
)
def states_fit(recording: Recording) -> Iterator[Finding]:
    """Each of them, after a reset and after every step."""
    for called, frame in _states(recording):
        if frame.kind != "state":
            yield Finding(f"state was answered by {frame}", called, traceback=frame.traceback)
            continue
        for problem in misfits(recording.schemas.state, frame.data):
            yield Finding(problem, called)


@check(
    "B008",
    "step_count counts the steps",
    stage=Stage.RECORDING,
    needs=("B007",),
    mend="set step_count to 0 in reset and add 1 in step",
)
def step_count_counts(recording: Recording) -> Iterator[Finding]:
    """From 0 at reset, one more for each step that was taken."""
    counted = [(number, _miscounted(episode)) for number, episode in enumerate(recording.episodes, 1)]
    wrong = [(number, said) for number, said in counted if said is not None]
    # One mistake in counting shows in other numbers in each episode: the first of them tell it.
    yield from (Finding(said, f"episode {number}") for number, said in wrong if said == wrong[0][1])


@check(
    "B009",
    "episode_id names the episode",
    stage=Stage.RECORDING,
    severity=Severity.WARNING,
    needs=("B007",),
    mend="set episode_id in reset, to another one for each episode: str(uuid4()) where none is given",
)
def episodes_are_named(recording: Recording) -> Iterator[Finding]:
    """One name throughout an episode, and another one for the next."""
    called: dict[str, int] = {}
    for number, episode in enumerate(recording.episodes, 1):
        said = [state for state in (episode.state, *(turn.state for turn in episode.turns)) if state]
        found = list(dict.fromkeys(state.data.get("episode_id") for state in said)) or [None]
        if not isinstance(found[0], str) or not found[0]:
            yield Finding(f"episode_id is {brief(found[0])}", f"episode {number}")
            continue
        if len(found) > 1:
            yield Finding(f"episode_id changes from {found[0]} to {found[1]}", f"episode {number}")
        if called.setdefault(found[0], number) != number:
            yield Finding(f"episode {called[found[0]]} has the name {found[0]} too", f"episode {number}")


def _miscounted(episode: Episode) -> str | None:
    if episode.state is None:
        return None
    counted = episode.state.data.get("step_count")
    if counted != 0:
        return f"step_count is {brief(counted)} after reset"
    for turn in episode.turns:
        if turn.answer is None or turn.state is None or turn.answer.code not in (None, *TOLD):
            return None  # after a failure nobody can say what should have been counted
        counted = counted + turn.taken
        said = turn.state.data.get("step_count")
        if said != counted:
            which = "step" if turn.taken else "refused step"
            return f"step_count is {brief(said)} after {which} {turn.number}, not {counted}"
    return None


def _steps(recording: Recording) -> Iterator[tuple[str, dict[str, Any]]]:
    steps = [(called, data) for called, data, is_reset in recording.results() if not is_reset]
    if not steps:
        raise NotChecked("no step was taken: every action that was made was refused")
    yield from steps


def _states(recording: Recording) -> Iterator[tuple[str, Frame]]:
    for number, episode in enumerate(recording.episodes, 1):
        if episode.state is not None:
            yield f"reset {number}", episode.state
        for turn in episode.turns:
            if turn.state is not None:
                yield f"step {turn.number} of episode {number}", turn.state


def _failed_resets(recording: Recording) -> Iterator[Finding]:
    resets = 0
    for request, answer in zip(recording.script, recording.answers, strict=True):
        resets += request.kind == "reset"
        if request.kind == "reset" and answer.trouble is not None:
            yield answer.trouble.finding(f"reset {resets}")
        elif request.kind == "reset" and answer.frame is not None and answer.frame.kind != "observation":
            mend = mend_refusal("reset", answer.frame.data)
            yield Finding(f"answered by {answer.frame}", f"reset {resets}", mend, traceback=answer.frame.traceback)


def _at(turn: Turn) -> str:
    return f"step {turn.number}, action {brief(turn.action)}"
