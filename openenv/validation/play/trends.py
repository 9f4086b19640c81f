"""Whether something grows over many episodes: a slope and its interval. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_WARM_UP = 0.25
_BLOCKS = 20
_T = 3.61
"""The two-sided 99.8 % quantile of Student's t with 18 degrees of freedom, those of a line through 20 points."""


@dataclass(frozen=True)
class Slope:
    """How much something grows with each episode.

    Attributes:
        mean: The slope of the line that fits best, by least squares.
        low: The lower end of its 99.8 % interval.
        high: The upper end.
        level: The median of what was measured.
        count: Over how many episodes it was measured.
    """

    mean: float
    low: float
    high: float
    level: float
    count: int


def slope(values: Sequence[float]) -> Slope | None:
    """Fit a line to what was measured episode by episode.

    The first quarter is left out, in which caches fill. The rest is cut into blocks, and each counts with its median,
    so that no single slow moment does. The interval is that of simple linear regression (Draper and Smith, Applied
    Regression Analysis, 1998, section 1.4).

    Args:
        values: One for each episode.

    Returns:
        The slope; ``None`` where there are too few values.
    """
    rest = list(values)[int(len(values) * _WARM_UP) :]
    size = len(rest) // _BLOCKS
    if size < 1:
        return None
    blocks = [statistics.median(rest[number * size : (number + 1) * size]) for number in range(_BLOCKS)]
    places = [number * size for number in range(_BLOCKS)]
    line = statistics.linear_regression(places, blocks)
    residuals = [block - line.slope * place - line.intercept for place, block in zip(places, blocks, strict=True)]
    spread = sum((place - statistics.fmean(places)) ** 2 for place in places)
    error = math.sqrt(sum(one * one for one in residuals) / (_BLOCKS - 2) / spread)
    return Slope(line.slope, line.slope - _T * error, line.slope + _T * error, statistics.median(blocks), len(rest))
