"""Draws what an evaluation found; needs the extra ``plot``."""

from __future__ import annotations

from pathlib import Path
from random import Random

from openenv.evaluation.report import Report
from openenv.extras import MissingExtraError

try:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import FigureCanvasBase
    from matplotlib.figure import Figure
except ModuleNotFoundError as error:
    if not f"{error.name}.".startswith("matplotlib."):
        raise
    raise MissingExtraError("matplotlib", "plot") from error

SUFFIXES = frozenset(f".{kind}" for kind in FigureCanvasBase.filetypes)
"""What the names of pictures may end in."""

_WIDTH_IN = 8.0
_ROW_IN = 0.7
_SPREAD = 0.28


def draw(report: Report, file: str | Path) -> None:
    """Draw the returns of each policy: a point for each episode, the mean with its 95 % interval.

    Args:
        report: What was found.
        file: The picture; its suffix, one of ``SUFFIXES``, says of which kind.
    """
    figure = Figure(figsize=(_WIDTH_IN, 1.4 + _ROW_IN * len(report.policies)), layout="constrained", dpi=150)
    axes = figure.add_subplot()
    draw_on(axes, report)
    axes.set_title(report.target)
    axes.set_xlabel("return; diamond: mean with 95 % interval")
    figure.savefig(file)


def draw_on(axes: Axes, report: Report) -> None:
    """Draw the same as a part of a larger picture, without title and label.

    Args:
        axes: The part.
        report: What was found.
    """
    for row, summary in enumerate(report.policies):
        returns = [one.total_reward for one in report.episodes if one.policy == summary.policy and one.error is None]
        _draw_row(axes, row, returns)
        if summary.total_reward is not None:
            mean = summary.total_reward
            span = [[mean.mean - mean.low], [mean.high - mean.mean]]
            axes.errorbar(mean.mean, row, xerr=span, fmt="D", color="black", capsize=5, markersize=6, zorder=3)
    names = [f"{each.policy} ({each.episodes - each.errors})" for each in report.policies]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _draw_row(axes: Axes, row: int, returns: list[float]) -> None:
    """Draw the points of one policy, a little above and below each other so that equal ones can be seen."""
    random = Random(row)
    heights = [row + random.uniform(-_SPREAD, _SPREAD) for _ in returns]
    axes.scatter(returns, heights, s=14, alpha=0.4, color=f"C{row}", linewidths=0, zorder=2)
