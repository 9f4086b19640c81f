"""``openenv build`` as far as it comes without an engine; tests/e2e/docker has one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"
TOKEN = "hf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3g"


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


@pytest.fixture
def token_in_settings(project):
    (project / "echo_env" / "settings.py").write_text(f'\nTOKEN = "{TOKEN}"\n')
    return "echo_env/settings.py"


def test_what_looks_secret_stops_an_image_that_is_to_be_pushed_before_an_engine_is_looked_for(
    openenv, project, token_in_settings
):
    ran = openenv("build", str(project), "--push", "--json")

    assert ran.code == 1
    assert ran.document["error"]["type"] == "SecretsError"
    assert f"{token_in_settings}:2: a token of Hugging Face" in ran.err.splitlines()
    assert TOKEN not in ran.err


@pytest.mark.parametrize("options", [[], ["--push", "--allow-secret", "echo_env/settings.py"]])
def test_what_looks_secret_may_be_in_an_image_that_stays_here_or_where_it_is_allowed(
    openenv, project, token_in_settings, options
):
    assert openenv("build", str(project), *options, "--json").document["error"]["type"] == "EngineMissingError"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--push", "--allow-secret", "x.pem"], "--allow-secret: x.pem is none of the files"),
        (["--allow-secret", "x.pem"], "--allow-secret goes with --push"),
    ],
)
def test_a_secret_is_allowed_only_of_a_file_that_would_be_pushed(openenv, project, options, error):
    ran = openenv("build", str(project), *options)

    assert ran.code == 2
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
