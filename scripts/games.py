"""Measure the random and the known-good policy on six games of OpenSpiel: one table, one plot.

``make games`` runs it, in an environment of its own that has OpenSpiel. The plot is ``.cache/games.png``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from openenv.evaluation import Report, evaluate
from openenv.evaluation.plot import draw_on
from openenv_cli import table

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


def main() -> None:
    """Evaluate all games, print and draw."""
    reports = {game.name: evaluated(game) for game in GAMES}
    print_table(reports)
    draw(reports)
    print(f"\nThe returns are drawn in {PLOT.relative_to(ROOT)}.")
    if any(report.failed for report in reports.values()):
        sys.exit(1)


def evaluated(game: Game) -> Report:
    """Play a game with both policies, on the same seeds."""
    print(f"playing {game.name} …", file=sys.stderr)
    reset = {"game_name": game.name, **game.options}
    return evaluate(ENVIRONMENT, POLICIES, episodes=game.episodes, reset=reset)


def print_table(reports: Mapping[str, Report]) -> None:
    """Print what each policy did in each game."""
    rows = [(game.name, *table.row(each), game.perfect) for game in GAMES for each in reports[game.name].policies]
    print(*table.lines([("game", *table.HEADER, "perfect play"), *rows], names=2), sep="\n")


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
