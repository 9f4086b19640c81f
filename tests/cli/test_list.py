"""``openenv list``: environments on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from support.installing import install


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that packages are installed to, the only one with environments."""
    folder = tmp_path_factory.mktemp("site")
    monkeypatch.setattr(sys, "path", [str(folder), *(path for path in sys.path if "site-packages" not in path)])
    return folder


def project(folder: Path, manifest: str) -> None:
    folder.mkdir(parents=True)
    (folder / "openenv.yaml").write_text(manifest, encoding="utf-8")


def test_lists_what_is_installed_and_the_projects_below_this_folder(openenv: Any, site: Path, tmp_path: Path) -> None:
    install(site, "coding_env", manifest="name: coding-env\ndescription: Runs code.\n")
    project(tmp_path / "games" / "chess", "name: chess\nversion: 1.2.0\ndescription: Plays chess.\n")
    project(tmp_path / "broken", "name: [\n")

    ran = openenv("list")

    assert (ran.code, ran.err) == (0, "")
    installed, coding, projects, broken, chess = ran.out.splitlines()
    assert (installed, projects) == ("installed:", "projects:")
    assert coding.split("  ") == ["", "coding-env", "1.2", "Runs code."]
    assert broken.startswith("  ./broken              openenv.yaml:")
    assert chess == "  ./games/chess  1.2.0  Plays chess."


def test_prints_one_json_document(openenv: Any, site: Path, tmp_path: Path) -> None:
    install(site, "coding_env", manifest="name: coding-env\ndescription: Runs code.\n")
    project(tmp_path / "broken", "name: [\n")

    listed = openenv("list", "--json").document

    assert listed["installed"] == [
        {
            "name": "coding-env",
            "version": "1.2",
            "description": "Runs code.",
            "folder": str(site / "coding_env"),
            "problem": None,
        }
    ]
    [broken] = listed["projects"]
    assert (broken["name"], broken["folder"], broken["description"]) == ("broken", str(tmp_path / "broken"), None)
    assert broken["problem"].startswith("openenv.yaml:")


def test_an_installed_environment_that_is_broken_hides_no_other(openenv: Any, site: Path) -> None:
    install(site, "coding_env", manifest="name: [\n")
    install(site, "chess_env", name="Chess", manifest="name: chess-env\ndescription: Plays chess.\n")

    ran = openenv("list")

    assert ran.code == 0
    assert "Plays chess." in ran.out
    assert "openenv.yaml:2:1: not YAML" in ran.out


def test_nothing_is_no_failure_and_says_what_to_do(openenv: Any, site: Path) -> None:
    ran = openenv("list")

    assert (ran.code, ran.out) == (0, "")
    assert "no environment is installed" in ran.err
    assert "openenv init" in ran.err
