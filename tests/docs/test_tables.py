"""Tables of the guides say what the code says."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator

import pytest
from docs_blocks import ROOT, blocks_of

from openenv import Action, Environment, Observation, State, errors
from openenv.errors import BY_CODE, OpenEnvError
from openenv.project.manifest import Manifest
from openenv.server import ServerSettings, create_app
from openenv.server.problems import _STATUS
from openenv.server.settings import DEFAULT_CONCURRENCY, DEFAULT_DEADLINE_S

DECIDED_LATE = {
    "max_sessions": f"{DEFAULT_CONCURRENCY}, or 1",
    "isolation": "chosen by the environment's class",
    "reset_timeout_s": f"{DEFAULT_DEADLINE_S:g}",
    "step_timeout_s": f"{DEFAULT_DEADLINE_S:g}",
}
"""Settings whose default depends on the environment."""


def rows(page: str, heading: str) -> list[list[str]]:
    """Read the rows of the first table whose head begins with ``heading``."""
    lines = iter((ROOT / page).read_text(encoding="utf-8").splitlines())
    found = next((line for line in lines if line.startswith(f"| {heading} |")), None)
    assert found is not None, f"{page} has no table that begins with {heading}"
    next(lines)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in _until_blank(lines)]


def _until_blank(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield line


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_setting_is_listed_with_its_default() -> None:
    listed = {names(row[0])[0]: row[1] for row in rows("docs/serving.md", "variable")}

    assert listed == {f"OPENENV_{name.upper()}": _default(name) for name in ServerSettings.model_fields}


def _default(name: str) -> str:
    default = ServerSettings.model_fields[name].default
    if name in DECIDED_LATE:
        assert default is None
        return DECIDED_LATE[name]
    if default is None or default == ():
        return "none"
    return str(default).lower() if isinstance(default, bool) else f"{default:g}"


def test_every_error_code_is_listed_with_its_status() -> None:
    listed = {names(row[0])[0]: row[1] for row in rows("docs/protocol.md", "code | HTTP")}

    assert listed.keys() == BY_CODE.keys()
    for code, status in listed.items():
        assert status in ("-", "401, 403", "404, 405") or int(status) == _STATUS.get(code, 500), code


def test_every_error_class_is_listed_with_what_it_also_is() -> None:
    listed = {name: names(row[1])[0] for row in rows("docs/clients.md", "class") for name in names(row[0])}
    known = {name: kind for name, kind in vars(errors).items() if _is_error(kind) and kind is not OpenEnvError}

    assert listed.keys() == known.keys()
    for name, also in listed.items():
        assert issubclass(known[name], getattr(importlib.import_module("builtins"), also)), name


def _is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, OpenEnvError)


def test_every_route_is_listed() -> None:
    listed = {name for row in rows("docs/protocol.md", "method and path") for name in names(row[0])}
    documented = {
        f"{method.upper()} {path}"
        for path, methods in create_app(_Nothing).openapi()["paths"].items()
        for method in methods
        if method != "head"
    }

    assert listed == documented | {"GET /", "GET /docs", "GET /openapi.json", "WS /ws"}


class _Nothing(Environment[Action, Observation, State]):
    def reset(self) -> Observation:
        return Observation()

    def step(self, action: Action) -> Observation:
        return Observation()

    @property
    def state(self) -> State:
        return State()


def test_every_key_of_the_manifest_is_shown_or_explained() -> None:
    shown = {
        line.partition(":")[0]
        for block in blocks_of(ROOT / "docs/writing.md")
        if block.language == "yaml"
        for line in block.text.splitlines()
    }
    explained = {name for row in rows("docs/writing.md", "key") for name in names(row[0])}

    assert shown | explained >= Manifest.model_fields.keys() - {"validation"}
    assert explained <= Manifest.model_fields.keys()


@pytest.mark.parametrize("row", rows("docs/from-openenv.md", "openenv 0.10 | here"), ids=lambda row: row[0][:60])
def test_an_old_import_path_gives_what_the_new_one_gives(row: list[str]) -> None:
    path, *imported = names(row[0])
    new = names(row[1])

    for name in imported:
        value = getattr(importlib.import_module(path), name)
        if row[1] == f"`{new[0] if new else ''}`":
            assert value is getattr(importlib.import_module(new[0]), name)


@pytest.mark.parametrize("row", rows("docs/from-openenv.md", "openenv 0.10 | part"), ids=lambda row: row[1])
def test_a_part_that_is_not_here_yet_says_so(row: list[str]) -> None:
    for path in names(row[0]):
        with pytest.raises(ImportError, match=f"{re.escape(path)} is part of openenv 0.10"):
            importlib.import_module(path)


def test_every_old_import_path_is_listed() -> None:
    tables = (
        *rows("docs/from-openenv.md", "openenv 0.10 | here"),
        *rows("docs/from-openenv.md", "openenv 0.10 | part"),
    )
    listed = {name for row in tables for name in names(row[0]) if name.startswith("openenv.")}
    modules = {_module(path) for path in (ROOT / "openenv" / "core").rglob("*.py") if path.name != "_paths.py"}

    # A package says nothing of its own where a module below it is listed.
    assert {module for module in modules if not any(name.startswith(module) for name in listed)} == set()


def _module(path: object) -> str:
    parts = str(path).removeprefix(f"{ROOT}/").removesuffix(".py").removesuffix("/__init__")
    return parts.replace("/", ".")


def test_every_dependency_is_listed_with_its_cost() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.partition("\ndependencies = [\n")[2].partition("\n]")[0]
    required = {re.match(r'\s*"([\w-]+)', line)[1] for line in block.splitlines()}  # type: ignore[index]

    assert {row[0] for row in rows("docs/dependencies.md", "package")} == required


MEASURED = {
    "steps a second on one core, 32 sessions in the event loop": ("Steps a second, 32 sessions", "ours, inline, v2"),
    "the same, in threads": ("Steps a second, 32 sessions", "ours, thread, v2"),
    "the same, a process for each session": ("Steps a second, 32 sessions", "ours, process, v2"),
    "steps a second, one client in one session": ("Steps a second", "ours, async"),
    "importing the client, seconds": ("import of the client, seconds", "ours"),
    "starting a server, seconds": ("start to /health, seconds", "ours"),
    "an idle server, MiB": ("Idle server, MiB resident", "ours"),
    "a virtual environment with it, MiB": ("A virtual environment with it, MiB", "ours"),
}
"""A row of the README -> the table with its figures, and our row there."""


def test_the_readme_shows_the_figures_of_the_benchmarks() -> None:
    shown = rows("README.md", "measured")

    assert {label: (ours, peers) for label, ours, peers in shown} == {
        label: _medians(title, row) for label, (title, row) in MEASURED.items()
    }


def _medians(title: str, row: str) -> tuple[str, str]:
    """Our median and that of openenv 0.10.0, in the table under a title."""
    page = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    lines = page.partition(f"**{title}**\n\n")[2].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in _until_blank(iter(lines))]
    medians = {name: median for name, median, *_ in cells}
    peer = next(name for name in medians if name.startswith("openenv 0.10.0"))
    return medians[row], medians[peer]


def test_the_layout_shows_what_is_there() -> None:
    drawing = next(block.text for block in blocks_of(ROOT / "docs/architecture.md") if "openenv/" in block.text)
    shown = set(_paths(drawing))
    packages = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for top in ("openenv", "openenv_cli")
        for path in (ROOT / top).rglob("__init__.py")
    }

    assert {path for path in shown if not (ROOT / path).exists()} == set()
    assert {path for path in packages if not any(path.startswith(f"{part}") for part in shown)} == set()
    assert {path for path in packages - shown if "/core/" not in path} == set()


def _paths(drawing: str) -> Iterator[str]:
    folders: list[str] = []
    for line in drawing.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        folders[depth:] = [name]
        yield "".join(folders)
