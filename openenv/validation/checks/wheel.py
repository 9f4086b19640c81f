"""S022: what the project is installed from."""

from __future__ import annotations

from collections.abc import Iterator

from openenv.validation.check import Finding, Stage, check
from openenv.validation.files.wheel import BuildError, Wheel


@check(
    "S022",
    "The wheel holds all that the package needs",
    stage=Stage.WHEEL,
    needs=("S004", "S006", "S010"),
    mend="tell the build backend to include it: hatchling takes whole packages, setuptools needs package-data",
)
def wheel_is_complete(wheel: Wheel) -> Iterator[Finding]:
    """Its modules, and the data files that they name: an image installs this, not the folder."""
    sources = wheel.sources
    try:
        for path, naming in wheel.lacking():
            named = "" if naming is None else f", which {sources.name(naming)} names,"
            yield Finding(f"{sources.name(path)}{named} is not in the wheel", sources.name(path))
    except BuildError as error:
        yield Finding(str(error), "pyproject.toml", "correct pyproject.toml; pip wheel . shows the same", error.log)
