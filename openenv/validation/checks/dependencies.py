"""S024: what the project says that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions

from openenv.project.image_installs import Installs, read_installs
from openenv.project.project import read_text
from openenv.project.pyproject import PYPROJECT_NAME, normalise, requirement_name
from openenv.validation.check import Finding, NotChecked, Stage, check
from openenv.validation.files.foreign_imports import foreign_imports
from openenv.validation.files.installed import brought_by
from openenv.validation.files.sources import Sources
from openenv.version import DISTRIBUTION

_LISTS = tuple(f"{folders}*requirements*.txt" for folders in ("", "*/", "*/*/"))
_WITH_PYTHON = {"pip", "setuptools", "wheel"}
_OF_DEVELOPMENT = {"dev", "test", "tests", "docs", "lint"}
"""Groups that need not be installed for the environment to run."""


@check(
    "S024",
    "What the app imports is among the dependencies",
    stage=Stage.SOURCES,
    needs=("S006", "S010", "S011"),
    mend=f"add it to the dependencies in {PYPROJECT_NAME}",
)
def imports_are_declared(sources: Sources) -> Iterator[Finding]:
    """What is installed here is not in an image; what is not installed here is found as the app is imported."""
    foreign = foreign_imports(sources)
    if not foreign:
        return
    providers, installs = packages_distributions(), _installs(sources)
    brought, unknown = brought_by([DISTRIBUTION, *_declared(sources), *installs.requirements])
    brought |= _WITH_PYTHON | brought_by([*_for_development(sources), *installs.system])[0]
    for package, where in foreign.items():
        names = providers.get(package, [])
        if not names or any(normalise(name) in brought for name in names):
            continue
        if "dependencies" in sources.pyproject.project.dynamic:
            raise NotChecked(f"the dependencies in {PYPROJECT_NAME} are dynamic: only a build tells them")
        unclear = installs.unclear or next(iter(sorted(unknown)), None)
        if unclear is not None:
            raise NotChecked(f"{names[0]} may come with {unclear}, which cannot be told here")
        message = f"{package} is imported, and nothing in {PYPROJECT_NAME} brings it"
        yield Finding(message, where, f'add "{names[0]}" to the dependencies in {PYPROJECT_NAME}')


def _declared(sources: Sources) -> Iterator[str]:
    """The requirements that the project states, but for those of who develops it."""
    project = sources.pyproject.project
    yield from project.dependencies
    yield from _in_groups(sources, lambda name: name not in _OF_DEVELOPMENT)
    for pattern in _LISTS:
        for path in sources.root.glob(pattern):
            yield from (line for line in read_text(path).splitlines() if line[:1].isalnum())


def _for_development(sources: Sources) -> Iterator[str]:
    return _in_groups(sources, lambda name: name in _OF_DEVELOPMENT)


def _in_groups(sources: Sources, wanted: Callable[[str], bool]) -> Iterator[str]:
    """The requirements of some groups; a group that asks for the project itself names what is read anyway."""
    said = sources.pyproject
    itself = normalise(said.project.name)
    groups = [*said.project.optional_dependencies.items(), *said.dependency_groups.items()]
    yield from (one for name, group in groups if wanted(name) for one in group if requirement_name(one) != itself)


def _installs(sources: Sources) -> Installs:
    try:
        return read_installs(sources.stages)
    except NotChecked:  # there is no Dockerfile that says anything
        return Installs((), (), None)
