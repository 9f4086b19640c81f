"""S001 - S003: the manifest by itself."""

from __future__ import annotations

from collections.abc import Iterator

from openenv.errors import ConfigurationError
from openenv.project.manifest import MANIFEST_NAME, ManifestError
from openenv.project.naming import shadowing, suggest
from openenv.validation.check import Finding, Severity, Stage, check
from openenv.validation.files.sources import Sources


@check("S001", "The manifest is valid", stage=Stage.SOURCES, mend="correct openenv.yaml")
def manifest_is_valid(sources: Sources) -> Iterator[Finding]:
    """Every problem of the manifest is a finding with its line."""
    try:
        _ = sources.manifest
    except ManifestError as error:
        for problem in error.problems:
            yield Finding(problem.message, f"{MANIFEST_NAME}:{problem.line}:{problem.column}", problem.hint)
    except ConfigurationError as error:
        yield Finding(error.message, MANIFEST_NAME, error.hint)


@check(
    "S002",
    "The name can be a Python package, an image and a Space",
    stage=Stage.SOURCES,
    needs=("S001",),
    mend="choose another name: small letters, digits and '-', and no word that Python knows already",
)
def name_is_usable(sources: Sources) -> Iterator[Finding]:
    """Capitals do not fit an image; keywords and standard modules do not fit a package."""
    name, package = sources.project.manifest.name, sources.project.package
    if name != name.lower():
        yield Finding(f"'{name}' has capitals, which image names may not have", sources.manifest_place("name"))
    reason = shadowing(package)
    if reason is not None:
        place = sources.manifest_place("name")
        yield Finding(f"'{package}' {reason}", place, f"choose another name: {suggest(package)} would do")


@check(
    "S003",
    "The manifest states a version",
    stage=Stage.SOURCES,
    severity=Severity.WARNING,
    needs=("S001",),
    mend="add to openenv.yaml: version: 0.1.0",
)
def version_is_stated(sources: Sources) -> Iterator[Finding]:
    """Without one, images and packages of different states cannot be told apart."""
    if sources.project.manifest.version is None:
        yield Finding("no version is stated", MANIFEST_NAME)
