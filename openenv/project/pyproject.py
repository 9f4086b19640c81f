"""The parts of ``pyproject.toml`` that a manifest has to agree with."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from openenv.errors import ConfigurationError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT_NAME = "pyproject.toml"

ENTRY_POINTS = "openenv.environments"
"""The group of entry points by which a distribution says which environments it holds: ``my-env = "my_env"``."""

_KEYS = (
    *(
        "authors",
        "classifiers",
        "dependencies",
        "description",
        "dynamic",
        "entry-points",
        "gui-scripts",
        "import-names",
    ),
    *("import-namespaces", "keywords", "license", "license-files", "maintainers", "name", "optional-dependencies"),
    *("readme", "requires-python", "scripts", "urls", "version"),
)
"""What may stand in ``[project]`` (PEP 621, PEP 639, PEP 794)."""

_REQUIRED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def normalise(name: str) -> str:
    """Write a distribution's name as package indexes compare it: ``My_Env`` is ``my-env``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_name(requirement: str) -> str:
    """Name what a requirement asks for: ``Open_Spiel[x]==2`` is ``open-spiel``."""
    found = _REQUIRED.match(requirement.strip())
    return normalise(found[0]) if found else requirement


def _directories(value: Any) -> Any:
    # setuptools' package-dir is read only where it maps names to folders, as it does in flat layouts.
    return {key: item for key, item in value.items() if isinstance(item, str)} if isinstance(value, dict) else {}


class _Table(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


def _requirements(value: Any) -> Any:
    # A group may include others, which are among the groups themselves.
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else value


Requirements = Annotated[tuple[str, ...], BeforeValidator(_requirements)]


class _Metadata(_Table):
    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    name: str
    version: str | None = None
    dynamic: tuple[str, ...] = Field(default=(), strict=False)
    dependencies: tuple[str, ...] = Field(default=(), strict=False)
    optional_dependencies: dict[str, Requirements] = Field(
        default_factory=dict, validation_alias="optional-dependencies"
    )
    entry_points: dict[str, dict[str, str]] = Field(default_factory=dict, validation_alias="entry-points")


class _BuildSystem(_Table):
    requires: tuple[str, ...] = Field(default=("setuptools",), strict=False)
    backend: str = Field(default="setuptools.build_meta:__legacy__", validation_alias="build-backend")


class _Setuptools(_Table):
    package_dir: Annotated[dict[str, str], BeforeValidator(_directories)] = Field(
        default_factory=dict, validation_alias="package-dir"
    )


class VersionSource(_Table):
    """Where hatchling reads a dynamic version.

    Attributes:
        path: The file.
        pattern: A regular expression whose group ``version`` finds it there.
    """

    path: str | None = None
    pattern: str | None = None


class _Hatch(_Table):
    version: VersionSource = Field(default_factory=VersionSource)


class _Tools(_Table):
    setuptools: _Setuptools = Field(default_factory=_Setuptools)
    hatch: _Hatch = Field(default_factory=_Hatch)


class PyProject(_Table):
    """What ``pyproject.toml`` says about the distribution.

    Attributes:
        build_system: The ``[build-system]`` table: what builds it.
        project: The ``[project]`` table: name, version, dynamic fields, dependencies, entry points.
        dependency_groups: Requirements that are no part of the distribution, by group.
        tool: What build tools are told.
    """

    build_system: _BuildSystem = Field(default_factory=_BuildSystem, validation_alias="build-system")
    project: _Metadata
    dependency_groups: dict[str, Requirements] = Field(default_factory=dict, validation_alias="dependency-groups")
    tool: _Tools = Field(default_factory=_Tools)

    @property
    def environments(self) -> dict[str, str]:
        """The environments that it registers: name -> package."""
        return self.project.entry_points.get(ENTRY_POINTS, {})

    @property
    def misspelt(self) -> dict[str, str]:
        """Keys of ``[project]`` that no standard knows -> the known one that each is almost."""
        unknown = set(self.project.model_extra or ()) - set(_KEYS)
        near = {key: get_close_matches(key, _KEYS, n=1, cutoff=0.8) for key in sorted(unknown)}
        return {key: found[0] for key, found in near.items() if found}

    @property
    def version_source(self) -> VersionSource:
        """Where a dynamic version is read."""
        return self.tool.hatch.version

    @property
    def root_package(self) -> str | None:
        """The package whose files stand beside ``pyproject.toml``, as in the flat layout."""
        folders = self.tool.setuptools.package_dir
        return next((name for name, folder in folders.items() if name and folder in (".", "")), None)


class PyProjectError(ConfigurationError):
    """``pyproject.toml`` cannot be used.

    Args:
        message: What is wrong.
        line: Where, counted from 1, if it is known.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        place = PYPROJECT_NAME if line is None else f"{PYPROJECT_NAME}:{line}"
        super().__init__(f"{place}: {message}")
        self.problem = message
        self.line = line


def parse_pyproject(text: str) -> PyProject:
    """Read the parts of ``pyproject.toml`` that matter here.

    Args:
        text: The content of the file.

    Returns:
        What it says.

    Raises:
        PyProjectError: It is not TOML, or lacks a usable ``[project]`` table.
    """
    try:
        return PyProject.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        message = f"not TOML: {_TOML_PLACE.sub('', str(error))}"
        raise PyProjectError(message, int(place[1]) if place else None) from None
    except RecursionError:
        raise PyProjectError("the TOML is nested too deeply") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        line = line_of(text, str(first["loc"][-1]))
        raise PyProjectError(f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}", line) from None


def line_of(text: str, key: str) -> int | None:
    """Find the line that sets a key, counted from 1."""
    found = re.search(rf"^\s*\"?{re.escape(key)}\"?\s*=", text, re.MULTILINE)
    return None if found is None else text.count("\n", 0, found.start() + found[0].find(key)) + 1
