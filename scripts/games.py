"""Measure the random and the known-good policy on six games of OpenSpiel: one table, one plot.

``make games`` runs it, in an environment of its own that has OpenSpiel. The plot is ``.cache/games.png``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from openenv.evaluation import Estimate, Report, Summary, evaluate
from openenv.evaluation.plot import draw_on

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / "envs" / "openspiel_env"
PLOT = ROOT / ".cache" / "games.png"
POLICIES = ("random", "known-good")


@dataclass(frozen=True)
class Game:
    """A game, and what to know about it.

    Attributes:
        name: OpenSpiel's name.
        perfect: What perfect play returns, as far as that is known.
        episodes: How many of each policy.
        options: Of each reset, beside the name.
    """

    name: str
    perfect: str
    episodes: int
    options: dict[str, Any] = field(default_factory=dict)


GAMES = (
    Game("catch", "1", 200),
    Game("2048", "at most 20480", 40),
    Game("blackjack", "unknown", 1_000),
    Game("cliff_walking", "-13 on 4x12 fields", 40, {"game_params": {"width": 12}}),
    Game("tic_tac_toe", "never below 0", 200),
    # Between two equilibria, so that it is the value of the game that is paid.
    Game("kuhn_poker", "-1/18 against known-good", 2_000, {"opponent_policy": "known-good"}),
)
HEADER = ("game", "policy", "episodes", "return", "95 % interval", "success", "length", "errors", "perfect play")


def main() -> None:
    """Evaluate all games, print and draw."""
    reports = {game.name: evaluated(game) for game in GAMES}
    print_table([HEADER, *(row(game, each) for game in GAMES for each in reports[game.name].policies)])
    draw(reports)
    print(f"\nThe returns are drawn in {PLOT.relative_to(ROOT)}.")
    if any(report.failed for report in reports.values()):
        sys.exit(1)


def evaluated(game: Game) -> Report:
    """Play a game with both policies, on the same seeds."""
    print(f"playing {game.name} …", file=sys.stderr)
    reset = {"game_name": game.name, **game.options}
    return evaluate(ENVIRONMENT, POLICIES, episodes=game.episodes, reset=reset)


def row(game: Game, found: Summary) -> tuple[str, ...]:
    """Lay out what a policy did as a row of the table."""
    mean = found.total_reward or Estimate(math.nan, math.nan, math.nan, 0)
    return (
        game.name,
        found.policy,
        str(found.episodes),
        f"{mean.mean:.4g}",
        f"[{mean.low:.4g}, {mean.high:.4g}]",
        f"{found.success or 0:.0%}",
        f"{found.length or 0:.1f}",
        str(found.errors),
        game.perfect,
    )


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows with their columns below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def draw(reports: Mapping[str, Report]) -> None:
    """Draw the returns of every game."""
    figure = Figure(figsize=(12, 7), layout="constrained", dpi=120)
    for place, (name, report) in enumerate(reports.items(), 1):
        axes = figure.add_subplot(3, 2, place)
        draw_on(axes, report)
        axes.set_title(name)
    figure.supxlabel("return of an episode; diamond: mean with 95 % interval")
    PLOT.parent.mkdir(exist_ok=True)
    figure.savefig(PLOT)


if __name__ == "__main__":
    main()
