"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from openenv.version import DISTRIBUTION, VERSION

ROOT = Path(__file__).parents[1]
FOLDERS = [ROOT / name for name in ("benchmarks", "docs", "envs", "openenv", "openenv_cli", "scripts", "tests", ".ci")]
MAX_FILE, MAX_FUNCTION = 400, 50
# Addresses of package indexes, and folders of whoever happens to work on this.
PRIVATE = re.compile(r"py[p]i\.org|pythonho[s]ted|(?<![\w.])/(wor[k]|home/[a-z]+|User[s])/")


def texts():
    """Every text file of the project."""
    for path in [*ROOT.iterdir(), *(found for folder in FOLDERS for found in folder.rglob("*"))]:
        if path.is_file() and not any(part.endswith(("cache", "cache__")) for part in path.parts):
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8", errors="ignore")


def sources():
    return [(path, text) for path, text in texts() if path.suffix == ".py"]


def test_the_published_name_is_the_constant():
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert f'name = "{DISTRIBUTION}"' in pyproject
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_a_file_holds_one_noun():
    long = [(str(path), lines) for path, text in sources() if (lines := text.count("\n")) > MAX_FILE]

    assert long == []


def test_a_function_does_one_thing():
    functions = [
        (f"{path}:{node.lineno}", node.end_lineno - node.lineno + 1)
        for path, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno is not None
    ]

    assert [(where, lines) for where, lines in functions if lines > MAX_FUNCTION] == []


def test_nothing_names_a_machine_or_a_package_index():
    found = [(str(path), match[0]) for path, text in texts() for match in PRIVATE.finditer(text)]

    assert found == []


def test_constraints_are_versions_only():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pin = re.compile(r"#.*|[\w.-]+==[\w.]+(; python_version [<>=]+ '3\.\d+')?")

    assert [line for line in lines if not pin.fullmatch(line)] == []
