from __future__ import annotations

from typing import Any

import pytest

from openenv.episodes import Episode, Failure, Times
from openenv.evaluation import Report

STUMBLED = Failure(during="step", type="EnvironmentFault", message="stumbled")


def episode(policy: str, index: int, total_reward: float, **fields: Any) -> Episode:
    usual: dict[str, Any] = {"length": 4, "end": "terminated", "success": total_reward > 0, "started_at": ""}
    times = Times(reset_s=0.5, act_s=0.5, step_s=1.0)
    return Episode(
        policy=policy, index=index, seed=100 + index, total_reward=total_reward, times=times, **{**usual, **fields}
    )


def failed(policy: str, index: int) -> Episode:
    return episode(policy, index, 50.0, end="error", error=STUMBLED)


def test_sums_up_what_was_played_to_the_end() -> None:
    played = [episode("a", 2, 4.0, length=10), episode("a", 0, 0.0), episode("a", 1, 2.0), failed("a", 3)]

    [summary] = Report.of("walk", ["a"], played).policies

    assert (summary.episodes, summary.errors) == (4, 1)
    assert summary.total_reward is not None
    assert (summary.total_reward.mean, summary.total_reward.count, summary.median) == (2.0, 3, 2.0)
    assert summary.success == pytest.approx(2 / 3)
    assert (summary.length, summary.steps_per_s) == (6.0, 3.0)


def test_counts_the_episodes_that_were_cut_short_by_max_steps() -> None:
    played = [episode("a", 0, 0, end="max_steps"), episode("a", 1, 0, end="truncated"), failed("a", 2)]

    [summary] = Report.of("walk", ["a"], played).policies

    assert summary.cut_short == 1


def test_where_all_have_failed_there_are_no_numbers() -> None:
    [summary] = Report.of("walk", ["a"], [failed("a", 0)]).policies

    numbers = (summary.total_reward, summary.median, summary.success, summary.length, summary.steps_per_s)
    assert (summary.errors, numbers) == (1, (None,) * 5)


def test_episodes_stand_by_policy_and_in_the_order_of_their_seeds() -> None:
    played = [episode("b", 0, 0), episode("a", 1, 0), episode("a", 0, 0)]

    report = Report.of("walk", ["b", "a"], played)

    assert [(one.policy, one.index) for one in report.episodes] == [("b", 0), ("a", 0), ("a", 1)]


def test_compares_on_the_seeds_that_both_have_played_to_the_end() -> None:
    first = [episode("a", 0, 1.0), episode("a", 1, 2.0), episode("a", 2, 3.0), episode("a", 3, 0.0)]
    later = [episode("b", 0, 3.0), episode("b", 1, 1.0), failed("b", 2), episode("b", 3, 0.0)]

    [comparison] = Report.of("walk", ["a", "b"], [*first, *later]).comparisons

    assert (comparison.policy, comparison.other) == ("b", "a")
    assert comparison.difference.mean == pytest.approx((2.0 - 1.0 + 0.0) / 3)
    assert (comparison.difference.count, comparison.ahead, comparison.behind) == (3, 1, 1)


def test_policies_that_differ_by_the_same_on_each_seed_differ_for_sure() -> None:
    played = [episode(name, index, index + more) for name, more in (("a", 0), ("b", 1)) for index in range(9)]

    [comparison] = Report.of("walk", ["a", "b"], played).comparisons

    assert (comparison.difference.low, comparison.difference.high, comparison.ahead) == (1.0, 1.0, 9)


def test_each_two_of_three_policies_are_compared() -> None:
    report = Report.of("walk", ["a", "b", "c"], [episode(name, 0, 0) for name in "abc"])

    assert [(each.policy, each.other) for each in report.comparisons] == [("b", "a"), ("c", "a"), ("c", "b")]


def test_an_error_that_comes_up_often_is_named_once() -> None:
    report = Report.of("walk", ["a"], [failed("a", 0), episode("a", 1, 0), failed("a", 2)])

    assert report.failures == [("a", STUMBLED, [100, 102])]
    assert [one["seed"] for one in report.as_json()["failed"]] == [100, 102]
