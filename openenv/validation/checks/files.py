"""S004 and S005: files that have to be there, in either layout."""

from __future__ import annotations

from collections.abc import Iterator

from openenv.project.pyproject import PYPROJECT_NAME
from openenv.validation.check import Finding, Severity, Stage, check
from openenv.validation.files.sources import Sources


@check(
    "S004",
    "The package's files are there",
    stage=Stage.SOURCES,
    needs=("S001",),
    mend="add the file; openenv init shows what belongs into it",
)
def package_is_complete(sources: Sources) -> Iterator[Finding]:
    """Without these the environment cannot be installed, or not be used by clients."""
    project = sources.project
    files = [sources.root / PYPROJECT_NAME, project.package_dir / "__init__.py", project.package_dir / "client.py"]
    for path in files:
        if not path.is_file():
            yield Finding(f"there is no {sources.name(path)}", sources.name(path))


@check(
    "S005",
    "The files for an image and a Space are there",
    stage=Stage.SOURCES,
    severity=Severity.WARNING,
    needs=("S001",),
    mend="add the file; openenv init shows what belongs into it",
)
def shipping_is_complete(sources: Sources) -> Iterator[Finding]:
    """Without these it runs here, but cannot be built or pushed."""
    if not (sources.root / "README.md").is_file():
        yield Finding("there is no README.md", "README.md")
    places = sources.dockerfile_places
    if not any((sources.root / place).is_file() for place in places):
        yield Finding(f"there is no {' or '.join(places)}", places[-1])
