"""How much is played: quick, default or thorough."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How much is played in search of a fault. Less is played where the time is up.

    Attributes:
        name: What it is called.
        seconds: How long all playing may take, after the first recording; a single answer may take as long as
            ``--timeout`` says.
        in_all: How long a whole validation may take, in seconds; what is left then is not begun any more.
        episodes: How many steps each recorded episode has at most; one begins where the one before it stops.
        edges: How many actions from the edges of the schema are tried.
        tries: How many episodes each check looks at.
        shrinks: How often a failure is played again to make it shorter.
        trend: How many episodes are played in search of growth; 0 for none.
    """

    name: str
    seconds: float
    in_all: float
    episodes: tuple[int, ...]
    edges: int
    tries: int
    shrinks: int
    trend: int = 0


QUICK = Effort("quick", 15.0, 60.0, (20, 3), edges=12, tries=1, shrinks=30)
DEFAULT = Effort("default", 60.0, 180.0, (20, 3, 40, 40), edges=80, tries=3, shrinks=150)
THOROUGH = Effort("thorough", 600.0, 900.0, (20, 3, *[100] * 10), edges=600, tries=10, shrinks=600, trend=300)
