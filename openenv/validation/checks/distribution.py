"""S006 - S009: ``pyproject.toml``, and whether it says what the manifest says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openenv.errors import ConfigurationError
from openenv.project.manifest import MANIFEST_NAME
from openenv.project.pyproject import ENTRY_POINTS, PYPROJECT_NAME, PyProjectError, line_of, normalise
from openenv.validation.check import Finding, NotChecked, Severity, Stage, check
from openenv.validation.files.sources import Sources


def _place(sources: Sources, key: str) -> str:
    line = line_of(sources.pyproject_text, key)
    return PYPROJECT_NAME if line is None else f"{PYPROJECT_NAME}:{line}"


@check("S006", "pyproject.toml is valid", stage=Stage.SOURCES, needs=("S001",), mend="correct pyproject.toml")
def pyproject_is_valid(sources: Sources) -> Iterator[Finding]:
    """It is TOML and describes a distribution; a key that is misspelt would say nothing."""
    try:
        for key, meant in sources.pyproject.misspelt.items():
            yield Finding(f"unknown key '{key}' in [project]", _place(sources, key), f"did you mean '{meant}'?")
    except PyProjectError as error:
        place = PYPROJECT_NAME if error.line is None else f"{PYPROJECT_NAME}:{error.line}"
        yield Finding(error.problem, place)
    except ConfigurationError as error:
        yield Finding(error.message, PYPROJECT_NAME, error.hint)


@check(
    "S007",
    "pyproject.toml and the manifest agree on the version",
    stage=Stage.SOURCES,
    needs=("S006",),
    mend="write the same version in both",
)
def versions_agree(sources: Sources) -> Iterator[Finding]:
    """Whoever installs the package gets the version that the manifest promises."""
    stated = sources.project.manifest.version
    if stated is None:
        raise NotChecked("the manifest states no version (S003)")
    try:
        packaged = _packaged_version(sources)
    except re.error as error:
        mend = "write a regular expression with a group (?P<version>…)"
        yield Finding(f"the pattern of the version cannot be read: {error}", _place(sources, "pattern"), mend)
        return
    if packaged != stated:
        told = "no version" if packaged is None else f"version {packaged}"
        yield Finding(f"the manifest says {stated}, pyproject.toml {told}", _place(sources, "version"))


def _packaged_version(sources: Sources) -> str | None:
    """The version that a build would give the package."""
    metadata, source = sources.pyproject.project, sources.pyproject.version_source
    if "version" not in metadata.dynamic:
        return metadata.version
    if source.path != MANIFEST_NAME or source.pattern is None:
        raise NotChecked("the version in pyproject.toml is dynamic: only a build tells it")
    pattern = re.compile(source.pattern, re.MULTILINE)  # as hatchling does
    if "version" not in pattern.groupindex:
        raise re.error("it has no group 'version'")
    found = pattern.search(sources.manifest_text)
    return None if found is None else found["version"]


@check(
    "S008",
    "pyproject.toml and the manifest agree on the name",
    stage=Stage.SOURCES,
    severity=Severity.WARNING,
    needs=("S006",),
    mend="call the distribution as the manifest does, or openenv-NAME",
)
def names_agree(sources: Sources) -> Iterator[Finding]:
    """An installed environment is found by its name."""
    stated, packaged = normalise(sources.project.manifest.name), sources.pyproject.project.name
    if normalise(packaged) not in (stated, f"openenv-{stated}"):
        message = f"the manifest says {sources.project.manifest.name}, pyproject.toml {packaged}"
        yield Finding(message, _place(sources, "name"))


@check(
    "S009",
    "An installed package is found by its name",
    stage=Stage.SOURCES,
    severity=Severity.WARNING,
    needs=("S006",),
    mend=f'register the package in pyproject.toml under [project.entry-points."{ENTRY_POINTS}"]',
)
def package_is_registered(sources: Sources) -> Iterator[Finding]:
    """By an entry point, or by being called ``openenv-PACKAGE`` as existing environments are."""
    packaged, package = sources.pyproject, sources.project.package
    for name, module in packaged.environments.items():
        if module.partition(".")[0] != package:
            yield Finding(f"'{name}' is registered as {module}, but the package is {package}", _place(sources, name))
    usual = normalise(f"openenv-{package}")
    if not packaged.environments and normalise(packaged.project.name) != usual:
        yield Finding(f"no entry point of {ENTRY_POINTS} names {package}", PYPROJECT_NAME)
