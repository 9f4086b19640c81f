"""A slope and its interval."""

from __future__ import annotations

from random import Random

import pytest

from openenv.validation.play.trends import slope


def noisy(growth: float, spread: float = 1.0, seed: int = 0) -> list[float]:
    random = Random(seed)
    return [100 + growth * number + random.gauss(0, spread) for number in range(300)]


def test_growth_is_seen_with_its_interval() -> None:
    found = slope(noisy(0.1))
    assert found is not None
    assert found.low < 0.1 < found.high
    assert found.low > 0.05
    assert found.count == 225


@pytest.mark.parametrize("seed", range(50))
def test_noise_alone_is_hardly_ever_growth(seed: int) -> None:
    found = slope(noisy(0.0, seed=seed))
    assert found is not None
    assert found.low * found.count < 1.0


def test_a_cache_that_fills_at_the_beginning_is_no_growth() -> None:
    found = slope([min(number, 60) * 10.0 for number in range(300)])
    assert found is not None
    assert found.mean == pytest.approx(0)


def test_single_slow_moments_do_not_count() -> None:
    values = noisy(0.0, spread=0.1)
    for place in (280, 290, 295):
        values[place] = 10_000.0
    found = slope(values)
    assert found is not None
    assert abs(found.mean) < 0.01


def test_a_few_values_are_no_trend() -> None:
    assert slope([1.0] * 20) is None
