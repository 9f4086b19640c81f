"""Reports of evaluations as a table."""

from __future__ import annotations

from collections.abc import Sequence

from openenv.evaluation import Estimate, Summary

HEADER = ("policy", "episodes", "return", "95 % interval", "median", "success", "length", "steps/s", "errors")


def row(summary: Summary) -> tuple[str, ...]:
    """Lay out what a policy did as a row below ``HEADER``; what is not known is a dash, or that all has failed."""
    mean = summary.total_reward
    return (
        summary.policy,
        str(summary.episodes),
        _number(mean.mean) if mean else "failed",
        interval(mean) if mean else "-",
        _number(summary.median),
        "-" if summary.success is None else f"{summary.success:.0%}",
        _number(summary.length),
        _number(summary.steps_per_s),
        str(summary.errors),
    )


def interval(estimate: Estimate) -> str:
    """Write the interval in which a mean may lie."""
    return f"[{_number(estimate.low)}, {_number(estimate.high)}]"


def lines(rows: Sequence[Sequence[str]], names: int = 1) -> list[str]:
    """Write rows with their columns below each other.

    Args:
        rows: The rows, all of the same length.
        names: How many columns at the left are names; they begin below each other, all others end so.

    Returns:
        A line for each row.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < names else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        for cells in rows
    ]


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"
