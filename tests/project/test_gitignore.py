"""The rules of .gitignore, compared with git itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from openenv.project.gitignore import GitIgnore

RULES = """\
# what is made
build/
*.py[cod]
!kept.pyc
/outputs
docs/*.html
**/cache
a/**/z
logs/**
.env
\\#odd
[!a]?.bin
"""
PATHS = [
    *("build/x", "src/build/x", "build.txt", "m.pyc", "src/m.pyo", "kept.pyc", "outputs", "outputs/x", "src/outputs"),
    *("docs/a.html", "docs/sub/a.html", "cache/x", "src/cache/x", "a/z", "a/b/c/z", "a/zz", "logs/x/y", "src/logs"),
    *(".env", "src/.env", ".env.example", "#odd", "bb.bin", "ab.bin", "x/bb.bin", "main.py"),
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_kept_out_where_git_does(path: str, by_git: set[str]) -> None:
    assert GitIgnore(RULES).matches(path) is (path in by_git)


def test_nothing_is_kept_out_without_rules() -> None:
    assert not GitIgnore().matches(".env")


@pytest.fixture(scope="module")
def by_git(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The paths that git keeps out."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    root: Path = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    (root / ".gitignore").write_text(RULES, encoding="utf-8")
    asked = "\n".join(PATHS)
    command = ["git", "-C", str(root), "check-ignore", "--no-index", "--stdin"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())
