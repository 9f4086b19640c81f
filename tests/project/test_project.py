"""Finding and reading a project, in both layouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from openenv.errors import ConfigurationError
from openenv.project.manifest import ManifestError
from openenv.project.project import Layout, Project


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def packaged(root: Path, app: str = "app: my_env.server.app:app\n") -> Path:
    return tree(
        root,
        {
            "openenv.yaml": f"name: my-env\nversion: 0.1.0\n{app}",
            "my_env/__init__.py": "",
            "my_env/client.py": "",
            "my_env/server/__init__.py": "",
            "my_env/server/app.py": "app = None",
        },
    )


def flat(root: Path, app: str = "app: server.app:app\n") -> Path:
    return tree(
        root,
        {
            "openenv.yaml": f"name: other\n{app}",
            "pyproject.toml": '[project]\nname = "x"\n[tool.setuptools]\npackage-dir = {"my_env" = "."}\n',
            "__init__.py": "",
            "client.py": "",
            "server/app.py": "app = None",
        },
    )


@pytest.mark.parametrize("app", ["app: my_env.server.app:app\n", ""])
def test_a_packaged_project_is_found_from_inside(tmp_path: Path, app: str) -> None:
    project = Project.find(packaged(tmp_path, app) / "my_env" / "server" / "app.py")
    assert (project.root, project.layout, project.package) == (tmp_path, Layout.PACKAGE, "my_env")
    assert (project.app, project.import_path) == ("my_env.server.app:app", tmp_path)
    assert project.module_file("my_env.server.app") == tmp_path / "my_env/server/app.py"
    assert project.module_file("my_env.server") == tmp_path / "my_env/server/__init__.py"
    assert project.module_file("my_env.nothing") is None


@pytest.mark.parametrize("app", ["app: server.app:app\n", ""])
def test_a_flat_project_is_found(tmp_path: Path, app: str) -> None:
    project = Project.find(flat(tmp_path, app) / "server")
    assert (project.layout, project.package, project.package_dir) == (Layout.FLAT, "my_env", tmp_path)
    assert (project.app, project.import_path) == ("server.app:app", tmp_path)
    assert project.module_file("server.app") == tmp_path / "server/app.py"
    assert project.module_file("my_env.client") == tmp_path / "client.py"


def test_a_flat_project_without_a_usable_pyproject_is_called_by_its_manifest(tmp_path: Path) -> None:
    flat(tmp_path)
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    assert Project.read(tmp_path).package == "other"


def test_an_installed_package_holds_its_own_manifest(tmp_path: Path) -> None:
    installed = tmp_path / "my_env"
    tree(
        installed,
        {"openenv.yaml": "name: my-env\napp: my_env.server.app:app\n", "__init__.py": "", "server/app.py": ""},
    )
    project = Project.read(installed)
    assert (project.package, project.import_path, project.root) == ("my_env", tmp_path, installed)
    assert project.module_file("my_env.server.app") == installed / "server/app.py"


def test_no_app_at_all_is_said_with_what_to_add(tmp_path: Path) -> None:
    tree(tmp_path, {"openenv.yaml": "name: my-env\n"})
    with pytest.raises(ConfigurationError, match="names no app") as caught:
        _ = Project.read(tmp_path).app
    assert caught.value.hint == "add to openenv.yaml: app: my_env.server.app:app"


def test_a_folder_without_a_manifest_says_how_to_make_a_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no openenv\.yaml in") as caught:
        Project.find(tmp_path)
    assert caught.value.hint == "make a project with: openenv init my-env"


def test_a_path_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file or folder"):
        Project.find(tmp_path / "nothing")


def test_a_broken_manifest_is_a_manifest_error(tmp_path: Path) -> None:
    tree(tmp_path, {"openenv.yaml": "naem: x\n"})
    with pytest.raises(ManifestError):
        Project.find(tmp_path)


def test_a_manifest_that_is_not_utf8_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "openenv.yaml").write_bytes(b"name: a\nx: \xff\n")
    with pytest.raises(ConfigurationError, match=r"openenv\.yaml:2:4: not UTF-8 text"):
        Project.find(tmp_path)


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "openenv.yaml").write_bytes(b"\xef\xbb\xbfname: a\n")
    assert Project.find(tmp_path).manifest.name == "a"
