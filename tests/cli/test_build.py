"""``openenv build`` as far as it comes without an engine; tests/e2e/docker has one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"


@pytest.fixture(autouse=True)
def no_engine(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")


@pytest.fixture
def project(tmp_path):
    return shutil.copytree(ECHO, tmp_path / "echo_env", ignore=shutil.ignore_patterns(".*_cache", "__pycache__"))


def test_without_an_engine_something_is_missing_and_it_says_what_to_do(openenv, project):
    ran = openenv("build", str(project), "--json")

    assert ran.code == 3
    assert ran.document["error"]["type"] == "EngineMissingError"
    assert "DOCKER_HOST" in ran.document["error"]["hint"]
    assert ran.err.startswith("error: no container engine answers at unix://")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--build-arg", "A"], "--build-arg: 'A' is not of the form NAME=VALUE"),
        (["--build-arg", "=1"], "--build-arg: '=1' is not of the form NAME=VALUE"),
        (["-t", "My-Env"], "no image can be called 'My-Env'"),
        (["-t", "fine:1", "-t", "a b"], "no image can be called 'a b'"),
        (["--platform", "arm64"], "'arm64' is no platform"),
        (["--platform", ""], "'' is no platform"),
    ],
)
def test_wrong_options_are_told_before_an_engine_is_looked_for(openenv, project, options, error):
    ran = openenv("build", str(project), *options)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {error}\nhint: ")


def test_a_folder_without_a_project_is_wrong_usage(openenv, tmp_path):
    ran = openenv("build", str(tmp_path))

    assert ran.code == 2
    assert "no openenv.yaml" in ran.err


def test_a_broken_manifest_is_a_failure_with_its_line(openenv, project):
    (project / "openenv.yaml").write_text("name: echo-env\nversion: soon\n", encoding="utf-8")

    ran = openenv("build", str(project))

    assert ran.code == 1
    assert "openenv.yaml:2" in ran.err
