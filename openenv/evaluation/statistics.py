"""Numbers about episodes. Pure: the same episodes give the same numbers."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

CONFIDENCE = 0.95
RESAMPLES = 2_000
_SEED = 0


@dataclass(frozen=True)
class Estimate:
    """A mean, and where it may lie.

    Attributes:
        mean: The mean of the sample.
        low: The lower end of its 95 % interval.
        high: The upper end.
        count: How many values there are.
    """

    mean: float
    low: float
    high: float
    count: int


def estimate(values: Sequence[float]) -> Estimate | None:
    """Estimate a mean, with a 95 % interval by the percentile bootstrap.

    The interval holds the middle 95 % of the means of resamples, drawn with replacement from the values
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). One value tells nothing of the
    others: its interval is that value alone. So it is where all values are the same.

    Args:
        values: The values.

    Returns:
        The estimate; ``None`` where there are no values.
    """
    if not values:
        return None
    mean, count = statistics.fmean(values), len(values)
    if min(values) == max(values):
        return Estimate(mean, mean, mean, count)
    random = Random(_SEED)
    means = sorted(sum(random.choices(values, k=count)) / count for _ in range(RESAMPLES))
    tail = (1 - CONFIDENCE) / 2
    return Estimate(mean, _quantile(means, tail), _quantile(means, 1 - tail), count)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Interpolate between the two nearest values (definition 7 of Hyndman and Fan, 1996)."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
