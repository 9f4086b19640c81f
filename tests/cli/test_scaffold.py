from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.permissions import permissions_that_hold
from support.puppets import Puppet
from support.serving import serving
from support.templates import FILLED

from openenv.project.project import Layout, Project
from openenv_cli.errors import UsageError
from openenv_cli.naming import names_for
from openenv_cli.scaffold import TEMPLATES, Plan, TargetError, plan, render, template_named, write

MY_ENV = names_for("my-env")
ECHO = TEMPLATES["echo"]
TREE = [
    *(".dockerignore", ".github/workflows/test.yml", ".gitignore", "Dockerfile", "README.md"),
    *("my_env/__init__.py", "my_env/client.py", "my_env/models.py"),
    *("my_env/server/__init__.py", "my_env/server/app.py", "my_env/server/environment.py"),
    *("openenv.yaml", "pyproject.toml", "tests/test_environment.py", "tests/test_validation.py"),
]


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, and every empty folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") if path.is_file() else "<empty folder>"
        for path in sorted(folder.rglob("*"))
        if path.is_file() or not any(path.iterdir())
    }


class InterruptedFiles(dict):
    """Files of which only some are handed out before somebody presses Ctrl-C."""

    def __init__(self, files, after):
        super().__init__(files)
        self.left = after

    def _until_interrupted(self, items):
        for item in items:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            yield item

    def __iter__(self):
        return self._until_interrupted(super().__iter__())

    def items(self):
        return self._until_interrupted(super().items())


@pytest.mark.parametrize("template", FILLED.values(), ids=FILLED)
def test_the_same_names_give_the_same_files(template):
    files = render(MY_ENV, template)

    assert list(files) == TREE
    assert files == render(names_for("my_env"), template)


@pytest.mark.parametrize("template", FILLED.values(), ids=FILLED)
@pytest.mark.parametrize("name", ["my-env", "zebra", "tower-of-hanoi-environment"])
def test_what_is_made_is_neat(tmp_path, template, name):
    write(plan(names_for(name), template, tmp_path))
    style = ["--no-cache", "--isolated", "--line-length", "120", "."]

    for command in (["check", "--extend-select", "I,UP,B,SIM,RUF", *style], ["format", "--diff", *style]):
        ruff = [sys.executable, "-m", "ruff", "--quiet", *command]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    for path, text in tree(tmp_path).items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert "{{" not in text.replace("${{", ""), path  # which GitHub fills in


@pytest.mark.parametrize("template", FILLED.values(), ids=FILLED)
def test_the_manifest_describes_the_project(tmp_path, template):
    write(plan(MY_ENV, template, tmp_path / "my-env"))

    project = Project.read(tmp_path / "my-env")
    manifest = project.manifest
    assert (project.layout, project.package, project.app) == (Layout.PACKAGE, "my_env", "my_env.server.app:app")
    assert (manifest.name, manifest.version, manifest.description) == ("my-env", "0.1.0", template.summary)
    assert [str(manifest.client), str(manifest.action), str(manifest.observation)] == [
        "my_env.client:MyEnv",
        "my_env.models:MyAction",
        "my_env.models:MyObservation",
    ]
    assert manifest.template.model_dump() == {
        "name": template.name,
        "version": template.version,
        "answers": {"name": "my-env", **template.answers},
    }


def test_the_folder_and_those_above_it_are_made(tmp_path):
    write(plan(MY_ENV, ECHO, tmp_path / "a" / "b" / "my-env"))

    assert list(tree(tmp_path / "a" / "b" / "my-env")) == TREE
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["my-env"]


def test_files_have_ordinary_permissions(tmp_path):
    write(plan(MY_ENV, ECHO, tmp_path / "my-env"))
    (tmp_path / "ordinary").mkdir()

    assert (tmp_path / "my-env").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_folder_that_holds_something_is_refused_without_force(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(TargetError, match="is not empty") as refused:
        plan(MY_ENV, ECHO, tmp_path)
    assert "--force" in refused.value.hint


def test_force_writes_its_own_files_and_keeps_all_others(tmp_path):
    (tmp_path / "my_env").mkdir()
    (tmp_path / "my_env" / "secret.txt").write_text("mine")
    (tmp_path / "README.md").write_text("old")
    project = plan(MY_ENV, ECHO, tmp_path, force=True)

    assert project.replaced == ["README.md"]
    write(project)
    assert tree(tmp_path) == {**render(MY_ENV, ECHO), "my_env/secret.txt": "mine"}


def test_a_file_is_no_folder_even_with_force(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full" / "README.md").mkdir(parents=True)

    with pytest.raises(TargetError, match="file is a file"):
        plan(MY_ENV, ECHO, tmp_path / "file", force=True)
    with pytest.raises(TargetError, match=r"README\.md is a folder"):
        plan(MY_ENV, ECHO, tmp_path / "full", force=True)


@pytest.mark.parametrize("after", range(len(TREE)))
def test_an_interruption_leaves_nothing_of_a_new_folder(tmp_path, after):
    files = InterruptedFiles(render(MY_ENV, ECHO), after)

    with pytest.raises(KeyboardInterrupt):
        write(Plan(MY_ENV, ECHO, tmp_path / "a" / "my-env", files))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("after", range(2 * len(TREE)))
def test_an_interruption_leaves_an_old_folder_as_it_was(tmp_path, after):
    (tmp_path / "tests").mkdir()
    (tmp_path / "README.md").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    before = tree(tmp_path)
    files = InterruptedFiles(render(MY_ENV, ECHO), after)

    with pytest.raises(KeyboardInterrupt):
        write(Plan(MY_ENV, ECHO, tmp_path, files))
    assert tree(tmp_path) == before


def test_a_failure_half_way_leaves_an_old_folder_as_it_was(tmp_path):
    (tmp_path / "README.md").write_text("old")
    (tmp_path / "openenv.yaml").symlink_to("nowhere")
    project = plan(MY_ENV, ECHO, tmp_path, force=True)
    (tmp_path / "tests").write_text("came meanwhile")

    with pytest.raises(TargetError) as refused:
        write(project)
    assert str(refused.value) == f"cannot write to {tmp_path}: Not a directory"
    assert (tmp_path / "README.md").read_text() == "old"
    assert (tmp_path / "openenv.yaml").readlink() == Path("nowhere")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "openenv.yaml", "tests"]


def test_a_link_to_nothing_is_replaced_where_a_file_goes_and_refused_where_a_folder_goes(tmp_path):
    (tmp_path / "my-env").mkdir()
    (tmp_path / "my-env" / "README.md").symlink_to(tmp_path / "nowhere")
    project = plan(MY_ENV, ECHO, tmp_path / "my-env", force=True)

    assert project.replaced == ["README.md"]
    write(project)
    assert tree(tmp_path / "my-env") == render(MY_ENV, ECHO)
    assert not (tmp_path / "nowhere").exists()

    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "tests").symlink_to("nowhere")
    for target, wrong in (("link", "link"), ("link/below", "link"), ("full", "full/tests")):
        with pytest.raises(TargetError, match=f"{wrong} is a link to nothing, where a folder is needed"):
            plan(MY_ENV, ECHO, tmp_path / target, force=True)


@pytest.mark.parametrize("target", ["file", "file/below", "file/far/below"])
def test_nothing_can_be_made_below_a_file(tmp_path, target):
    (tmp_path / "file").write_text("mine")

    with pytest.raises(TargetError, match="file is a file, where a folder is needed"):
        plan(MY_ENV, ECHO, tmp_path / target)


@pytest.mark.parametrize(("mode", "force"), [(0o555, False), (0o555, True), (0o000, True)])
def test_a_folder_that_is_not_ours_is_named_and_nothing_else(tmp_path, mode, force):
    target = tmp_path / "theirs" if force else tmp_path / "theirs" / "my-env"
    (tmp_path / "theirs").mkdir(mode)

    with pytest.raises(TargetError) as refused, permissions_that_hold():
        write(plan(MY_ENV, ECHO, target, force=force))
    (tmp_path / "theirs").chmod(0o755)
    assert str(refused.value) == f"cannot write to {target}: Permission denied"
    assert list((tmp_path / "theirs").iterdir()) == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder in which not even root may write")
def test_a_folder_in_which_nobody_may_write_is_named_and_nothing_else():
    with pytest.raises(TargetError) as refused:
        write(plan(MY_ENV, ECHO, Path("/proc/my-env")))
    assert str(refused.value) == "cannot write to /proc/my-env: No such file or directory"


def test_a_name_that_is_too_long_for_the_system_is_refused(tmp_path):
    with pytest.raises(TargetError, match="xxx: File name too long"):
        write(plan(MY_ENV, ECHO, tmp_path / ("x" * 1000)))


def test_an_unknown_template_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="there is no template 'gmae'") as refused:
        template_named("gmae")
    assert refused.value.hint == "templates: echo, game, gymnasium"


@pytest.mark.parametrize("template", FILLED.values(), ids=FILLED)
def test_what_is_made_passes_its_own_tests(tmp_path, template):
    write(plan(MY_ENV, template, tmp_path))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_health_check_of_an_image_asks_the_server_itself_past_any_proxy():
    command = json.loads(render(MY_ENV, ECHO)["Dockerfile"].partition("HEALTHCHECK")[2].split("CMD ")[1])
    proxies = {"http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}

    def check(port: str) -> int:
        environment = {**os.environ, **proxies, "PORT": port}
        return subprocess.run([sys.executable, *command[1:]], env=environment, stderr=subprocess.DEVNULL).returncode

    with serving(Puppet) as served:
        port = served.url.rpartition(":")[2]
        assert check(port) == 0
    assert check(port) == 1
