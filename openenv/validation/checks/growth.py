"""B023 and B024: what grows over hundreds of episodes. Only ``--thorough`` plays that many."""

from __future__ import annotations

from collections.abc import Iterator

from openenv.validation.check import Finding, NotChecked, Severity, Stage, check
from openenv.validation.play.plays import Play
from openenv.validation.play.trends import Slope, slope

_MIB = 2**20
_MEMORY = 2 * _MIB
_TIME_S, _TIME_SHARE = 2e-4, 0.5


@check(
    "B023",
    "Memory does not grow",
    stage=Stage.PLAY,
    severity=Severity.WARNING,
    needs=("B002",),
    mend="let go in reset of what the last episode made; tracemalloc tells where memory comes from",
)
def memory_is_steady(play: Play) -> Iterator[Finding]:
    """Of the server with all that it has started."""
    measured = [one.memory for one in play.many_episodes() if one.memory is not None]
    if not measured:
        raise NotChecked("the server's memory cannot be seen from here")
    found = _slope(measured)
    if found.low * found.count > _MEMORY:
        said = f"memory grows by {_kib(found.mean)} KiB an episode ({_kib(found.low)} to {_kib(found.high)})"
        yield Finding(said, f"the last {found.count} episodes")


@check(
    "B024",
    "Steps do not become slower",
    stage=Stage.PLAY,
    severity=Severity.WARNING,
    needs=("B002",),
    mend="let nothing that step goes through grow from episode to episode",
)
def steps_are_steady(play: Play) -> Iterator[Finding]:
    """Each episode counts with its median step."""
    found = _slope([one.step_s for one in play.many_episodes()])
    if found.low * found.count > max(_TIME_S, _TIME_SHARE * found.level):
        said = f"a step takes {_us(found.mean)} µs longer with each episode ({_us(found.low)} to {_us(found.high)})"
        yield Finding(said, f"the last {found.count} episodes")


def _slope(values: list[float]) -> Slope:
    found = slope(values)
    if found is None:
        raise NotChecked(f"there was time for {len(values)} episodes, which are too few to see a trend")
    return found


def _kib(value: float) -> str:
    return f"{value / 1024:.3g}"


def _us(value: float) -> str:
    return f"{value * 1e6:.3g}"
