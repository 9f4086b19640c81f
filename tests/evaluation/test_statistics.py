from __future__ import annotations

import math
import statistics
from random import Random

import pytest

from openenv.evaluation.statistics import Estimate, estimate


def test_nothing_gives_nothing() -> None:
    assert estimate([]) is None


@pytest.mark.parametrize("values", [[3.0], [3.0] * 50])
def test_values_that_do_not_differ_give_an_interval_without_width(values: list[float]) -> None:
    assert estimate(values) == Estimate(3.0, 3.0, 3.0, len(values))


def test_two_values_give_the_quantiles_of_their_three_possible_means() -> None:
    # Resamples of two values have the means 0 (1 of 4), 1/2 (2 of 4) and 1 (1 of 4): 2.5 % and 97.5 % are the ends.
    assert estimate([0.0, 1.0]) == Estimate(0.5, 0.0, 1.0, 2)


def test_the_interval_of_many_values_is_that_of_the_normal_distribution() -> None:
    random = Random(1)
    values = [random.gauss(10, 2) for _ in range(400)]
    error = statistics.pstdev(values) / math.sqrt(len(values))

    found = estimate(values)

    assert found is not None
    assert found.mean == pytest.approx(statistics.fmean(values))
    assert found.low == pytest.approx(found.mean - 1.96 * error, abs=0.15 * error)
    assert found.high == pytest.approx(found.mean + 1.96 * error, abs=0.15 * error)


def test_the_same_values_give_the_same_interval() -> None:
    values = [Random(2).random() for _ in range(30)]

    assert estimate(values) == estimate(values)


def test_about_95_in_100_intervals_hold_the_mean_of_what_was_drawn_from() -> None:
    random, held = Random(3), 0
    for _ in range(200):
        found = estimate([float(random.random() < 0.3) for _ in range(40)])
        held += found is not None and found.low <= 0.3 <= found.high

    assert 180 <= held <= 200
