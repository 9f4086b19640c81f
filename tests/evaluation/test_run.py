"""Whole evaluations, mostly in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from threading import Barrier, current_thread, main_thread
from typing import Annotated, Any

import pytest
from pydantic import Field
from support.puppets import PATIENCE_S, Unspeakable, turnstiles
from support.serving import serving
from support.walks import END, LeftPolicy, LonelyWalk, RightPolicy, UnsurePolicy, Walk, WalkAction, WalkObservation

from openenv import Action, Environment, GenericEnvClient, Observation, State
from openenv.episodes import read
from openenv.errors import ConfigurationError, ConnectError
from openenv.evaluation import Progress, Report, evaluate
from openenv.policies import RandomPolicy, ScriptedPolicy


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Walk, max_sessions=16) as served:
        yield served.url


def outcomes(report: Report) -> list[tuple[str, int, float, int, str]]:
    return [(one.policy, one.seed, one.total_reward, one.length, one.end) for one in report.episodes]


def test_plays_each_policy_on_the_same_seeds(url: str) -> None:
    report = evaluate(url, {"left": LeftPolicy, "right": RightPolicy()}, episodes=30, seed=5)

    seeds = [(one.policy, one.seed) for one in report.episodes]
    assert seeds == [(name, seed) for name in ("left", "right") for seed in range(5, 35)]
    left, right = report.policies
    assert left.total_reward is not None
    assert (left.total_reward.mean, left.success) == (-1.0, 0.0)
    assert right.total_reward is not None
    assert (right.total_reward.mean, right.success, right.errors) == (1.0, 1.0, 0)
    assert {one.length for one in report.episodes} == {2, 3, 4}


def test_how_many_sessions_there_are_changes_no_episode(url: str) -> None:
    one = evaluate(url, "random", episodes=20, sessions=1)
    many = evaluate(url, "random", episodes=20, sessions=16)

    assert outcomes(one) == outcomes(many)
    assert {episode.end for episode in one.episodes} == {"terminated"}


def test_plays_in_this_process_and_through_a_client_and_to_the_same_end(url: str) -> None:
    policies = {"random": lambda: RandomPolicy(WalkAction)}

    in_process = evaluate(Walk, policies, episodes=10)
    through_client = evaluate(GenericEnvClient(url), policies, episodes=10)
    by_name = evaluate(url, "random", episodes=10)

    assert outcomes(in_process) == outcomes(through_client) == outcomes(by_name)


class Guess(Action):
    """One of ten numbers."""

    number: Annotated[int, Field(ge=0, le=9)]


class NumbersToGuess(Observation):
    """What may be guessed, where the game says so."""

    legal_actions: list[int] | None = None


class Guessing(Environment[Guess, NumbersToGuess, State]):
    """Thinks of one number, the way most environments draw theirs; guessing it earns 1."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def reset(self, seed: int | None = None, listed: bool = True) -> NumbersToGuess:  # type: ignore[override]
        self._secret = Random(seed).choice(range(10))
        return NumbersToGuess(legal_actions=[*range(10)] if listed else None)

    def step(self, action: Guess) -> NumbersToGuess:
        return NumbersToGuess(terminated=True, reward=float(action.number == self._secret))

    @property
    def state(self) -> State:
        return State()


@pytest.mark.parametrize("listed", [True, False])
def test_random_knows_nothing_of_what_an_environment_draws_from_the_same_seed(listed: bool) -> None:
    [summary] = evaluate(Guessing, "random", episodes=300, reset={"listed": listed}).policies

    assert summary.total_reward is not None
    assert 0.03 < summary.total_reward.mean < 0.17  # 0.1, give or take four deviations of the mean


class SlowPolicy(RightPolicy):
    """Waits in its first episode until it may go on, and no other session waits with it."""

    def reset(self, seed: int | None) -> None:
        self._slow = seed == 0

    def act(self, observation: Any) -> Any:
        if self._slow:
            turnstiles["the slow one"].pass_through()
        return {"side": 1}


class SlowAsyncPolicy(SlowPolicy):
    """The same as a coroutine."""

    async def act(self, observation: Any) -> Any:
        if self._slow:
            await turnstiles["the slow one"].pass_through_async()
        return {"side": 1}


class SlowToMakePolicy(RightPolicy):
    """The first of them takes its time before it plays at all."""

    made = count()

    def __init__(self) -> None:
        if next(self.made) == 0:
            turnstiles["the slow one"].pass_through()


@pytest.mark.parametrize("policy", [SlowPolicy, SlowAsyncPolicy, SlowToMakePolicy])
def test_an_episode_does_not_wait_for_a_slower_one(url: str, policy: Any) -> None:
    def open_when_all_others_are_done(progress: Progress) -> None:
        if progress.done == 29:
            turnstiles["the slow one"].open()

    turnstiles.fresh("the slow one")
    report = evaluate(url, {"slow": policy}, episodes=30, sessions=2, on_progress=open_when_all_others_are_done)

    assert [one.error for one in report.episodes] == [None] * 30


def test_passes_options_to_the_reset_and_says_how_episodes_end() -> None:
    def ends(policy: Any = RightPolicy, **options: Any) -> set[tuple[str, bool]]:
        report = evaluate(Walk, {"p": policy}, episodes=5, **options)
        return {(one.end, one.success) for one in report.episodes}

    assert ends() == {("terminated", True)}
    assert ends(reset={"limit": 1}) == {("truncated", False)}
    assert ends(max_steps=1) == {("max_steps", False)}
    assert ends(reset={"success": False}) == {("terminated", False)}
    assert ends(LeftPolicy, reset={"success": True}) == {("terminated", True)}
    assert ends(reset={"fault": 1}) == {("error", False)}


class Forestalled(Walk):
    """The opponent wins before the first action."""

    def reset(self, seed: int | None = None) -> WalkObservation:  # type: ignore[override]
        super().reset(seed)
        return WalkObservation(position=END, legal_actions=[], terminated=True, reward=-1.0)


def test_an_episode_that_ends_with_its_reset_returns_the_reward_of_that() -> None:
    [episode] = evaluate(Forestalled, {"right": RightPolicy}, episodes=1).episodes

    assert (episode.total_reward, episode.length, episode.end, episode.success) == (-1.0, 0, "terminated", False)


def test_counts_what_fails_and_goes_on(url: str) -> None:
    report = evaluate(
        url, {"unsure": UnsurePolicy, "flier": lambda: ScriptedPolicy([{"side": 1, "remark": "fly"}])}, episodes=6
    )

    unsure, flier = report.policies
    assert (unsure.errors, unsure.success) == (3, 1.0)
    assert (flier.errors, flier.success) == (6, None)
    about = [(policy, one.during, one.type, seeds) for policy, one, seeds in report.failures]
    assert about == [
        ("unsure", "act", "KeyError", [1, 3, 5]),
        ("flier", "step", "InvalidActionError", [0, 1, 2, 3, 4, 5]),
    ]


def test_goes_on_in_another_session_where_one_is_lost() -> None:
    with serving(Walk, isolation="process", max_sessions=1) as served:
        report = evaluate(served.url, {"right": RightPolicy}, episodes=5, sessions=1, reset={"crash": 2})

    assert [one.error and one.error.type for one in report.episodes] == [
        None,
        None,
        "EnvironmentCrashedError",
        None,
        None,
    ]


def test_an_error_that_cannot_be_said_or_written_is_counted_too(url: str, tmp_path: Path) -> None:
    class Mute(RightPolicy):
        def act(self, observation: Any) -> Any:
            raise {"half": ValueError("\ud83d"), "none": Unspeakable()}[self.kind]

    halves = {kind: type(kind, (Mute,), {"kind": kind}) for kind in ("half", "none")}
    report = evaluate(url, halves, episodes=1, out=tmp_path)

    assert [(one.type, one.message) for _, one, _ in report.failures] == [
        ("ValueError", "\\ud83d"),
        ("Unspeakable", "Unspeakable"),
    ]


def test_plays_with_as_many_sessions_as_the_server_has() -> None:
    with serving(LonelyWalk) as served:
        report = evaluate(served.url, {"right": RightPolicy}, episodes=40, sessions=4)

    assert [summary.errors for summary in report.policies] == [0]


def test_plays_one_at_a_time_what_cannot_be_played_side_by_side_in_this_process() -> None:
    assert evaluate(LonelyWalk, {"right": RightPolicy}, episodes=3).policies[0].errors == 0


def test_a_server_that_is_not_there_is_an_error() -> None:
    with serving(Walk) as served:
        url = served.url
    with pytest.raises(ConnectError):
        evaluate(url, {"right": RightPolicy}, episodes=1)


def test_works_where_an_event_loop_runs(url: str) -> None:
    async def notebook() -> Report:
        return evaluate(url, {"right": RightPolicy}, episodes=2)

    assert len(asyncio.run(notebook()).episodes) == 2


def test_tells_how_far_it_is() -> None:
    seen: list[Progress] = []

    evaluate(Walk, {"right": RightPolicy}, episodes=3, sessions=2, on_progress=seen.append)

    assert [(one.done, one.total, one.failed) for one in seen] == [(0, 3, 0), (1, 3, 0), (2, 3, 0), (3, 3, 0)]
    assert [one.episode is None for one in seen] == [True, False, False, False]


def test_closes_the_policy_of_each_session() -> None:
    closed: list[object] = []

    class Closing(RightPolicy):
        async def close(self) -> None:
            closed.append(self)

    evaluate(Walk, {"closing": Closing}, episodes=8, sessions=2)

    assert len(closed) == len(set(map(id, closed))) == 2


def test_a_policy_is_made_asked_and_closed_in_the_thread_of_its_session() -> None:
    met = Barrier(2)
    threads: dict[int, list[Any]] = {}

    class Threaded(RightPolicy):
        def __init__(self) -> None:
            threads[id(self)] = [current_thread()]
            met.wait(PATIENCE_S)  # both sessions have one

        def reset(self, seed: int | None) -> None:
            threads[id(self)].append(current_thread())

        def act(self, observation: Any) -> Any:
            threads[id(self)].append(current_thread())
            return {"side": 1}

        def close(self) -> None:
            threads[id(self)].append(current_thread())

    report = evaluate(Walk, {"threaded": Threaded}, episodes=8, sessions=2)

    assert report.failed == ()
    own = [set(seen) for seen in threads.values()]
    assert [len(each) for each in own] == [1, 1]
    assert own[0] != own[1]
    assert main_thread() not in own[0] | own[1]


def test_a_script_that_runs_out_as_an_iterator_fails_its_episode_only() -> None:
    class Iterating(RightPolicy):
        def reset(self, seed: int | None) -> None:
            self._left = iter([] if seed == 1 else [{"side": 1}] * 9)

        def act(self, observation: Any) -> Any:
            return next(self._left)

    report = evaluate(Walk, {"iterating": Iterating}, episodes=3, sessions=1)

    assert [one.error is None for one in report.episodes] == [True, False, True]


def test_keeps_the_steps(tmp_path: Path) -> None:
    script = {"script": ScriptedPolicy([{"side": 1}] * 9)}

    report = evaluate(Walk, script, episodes=1, seed=1, trajectories=True, out=tmp_path / "run")

    [kept] = read(tmp_path / "run" / "episodes.jsonl")
    assert kept.steps is not None
    positions = [step.observation["position"] for step in kept.steps] + [kept.last_observation["position"]]
    assert positions == list(range(3 - kept.length, 4))
    assert set(kept.steps[0].observation) == {"position", "legal_actions"}
    assert [step.action for step in kept.steps] == [{"side": 1}] * kept.length
    assert [step.terminated for step in kept.steps] == [False] * (kept.length - 1) + [True]
    assert sum(step.reward or 0 for step in kept.steps) == kept.total_reward == 1.0
    assert report.episodes[0].steps is None


@pytest.mark.parametrize(("metadata", "kept"), [({}, {}), ({"why": "a guess"}, {"metadata": {"why": "a guess"}})])
def test_metadata_of_an_action_are_kept_where_they_say_something(
    metadata: dict[str, Any], kept: dict[str, Any]
) -> None:
    script = {"script": ScriptedPolicy([WalkAction(side=1, metadata=metadata)] * 9)}

    [episode] = evaluate(Walk, script, episodes=1, seed=1, trajectories=True).episodes

    assert episode.steps is not None
    assert [step.action for step in episode.steps] == [{"side": 1, "remark": "", **kept}] * episode.length


def test_without_a_folder_the_steps_are_in_the_report() -> None:
    [episode] = evaluate(Walk, {"right": RightPolicy}, episodes=1, trajectories=True).episodes

    assert episode.steps is not None
    assert len(episode.steps) == episode.length


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"episodes": 0}, "at least 1"),
        ({"seed": -1}, "not all from 0 to 4294967295"),
        ({"seed": 2**32 - 1, "episodes": 2}, "not all from 0 to 4294967295"),
        ({"policies": []}, "no policy to evaluate"),
        ({"policies": ["random", "random"]}, "a policy is named twice"),
        ({"policies": "nobody"}, "there is no policy 'nobody'"),
        ({"reset": {"seed": 1}}, "seed is no option of the reset"),
    ],
)
def test_refuses_what_cannot_be_played(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        evaluate(Walk, **{"policies": {"right": RightPolicy}, **wrong})


class LeavingPolicy:
    def act(self, observation: Any) -> Any:
        raise SystemExit(3)


class LeavingLaterPolicy:
    async def act(self, observation: Any) -> Any:
        raise SystemExit(3)


@pytest.mark.parametrize("policy", [LeavingPolicy, LeavingLaterPolicy])
def test_a_policy_that_ends_the_program_fails_its_episodes_only(policy: type[Any]) -> None:
    report = evaluate(Walk, {"leaving": policy, "right": RightPolicy}, episodes=2, sessions=2)

    failures = [one.error for one in report.episodes if one.policy == "leaving"]
    assert [failure and (failure.during, failure.type) for failure in failures] == [("act", "RuntimeError")] * 2
    assert "SystemExit(3)" in str(failures[0])
    assert report.policies[1].success == 1.0
