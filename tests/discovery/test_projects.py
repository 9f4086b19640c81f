"""Projects below a folder."""

from __future__ import annotations

from pathlib import Path

from openenv.discovery.projects import projects_below


def project(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "openenv.yaml").write_text("name: game\n", encoding="utf-8")
    return folder


def test_projects_are_found_where_people_keep_them(tmp_path: Path) -> None:
    here = [project(tmp_path / name) for name in ("b", "a", "games/chess", "1/2/3/4")]

    assert projects_below(tmp_path) == sorted(here)
    assert projects_below(tmp_path / "a") == [tmp_path / "a"]


def test_copies_and_what_is_installed_are_none(tmp_path: Path) -> None:
    mine = project(tmp_path / "mine")
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    for inside in (".git/game", "venv/lib/game", "node_modules/game", "site-packages/game", "mine/build/game"):
        project(tmp_path / inside)
    project(tmp_path / "1/2/3/4/5")

    assert projects_below(tmp_path) == [mine]
