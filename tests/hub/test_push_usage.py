"""``openenv push`` called wrongly, with files that look secret, and as a rehearsal: the Hub is asked nothing."""

import json
import shutil
from pathlib import Path

import pytest

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"
TOKEN = "hf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3g"


@pytest.fixture
def project(tmp_path):
    return shutil.copytree(ECHO, tmp_path / "echo-env", ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))


WRONG = {
    "a repo id of three parts": (["--repo-id", "a/b/c"], "--repo-id: 'a/b/c' is not of the form OWNER/NAME"),
    "a name that the Hub refuses": (["--repo-id", "my env"], "is no name that the Hub takes"),
    "a variable without a value": (["-e", "LEVEL"], "'LEVEL' is not of the form NAME=VALUE"),
    "a variable with a bad name": (["-e", "1A=2"], "'1A' is no name of a variable"),
    "a variable that is a secret": (["-e", f"A={TOKEN}"], "the variable A holds a token of Hugging Face"),
    "a secret that is not set": (["--secret", "NOT_SET_HERE"], "NOT_SET_HERE is not set here"),
    "a variable and a secret": (["-e", "A=1", "--secret", "A=2"], "A is a variable and a secret"),
    "hardware of no name": (["--hardware", "T4 small"], "'T4 small' names none"),
    "a sleep time of nothing": (["--sleep-time", "0"], "0 is no time"),
    "a sleep time on free hardware": (["--hardware", "cpu-basic", "--sleep-time", "9"], "no effect on cpu-basic"),
    "an empty message": (["--message", " "], "--message is empty"),
    "a file that is not there": (["--allow-secret", "x.pem"], "x.pem is none of the files"),
    "a timeout of nothing": (["--timeout", "0"], "0 is less than 1"),
    "a pull request with settings": (["--create-pr", "--private"], "--create-pr goes without --private"),
    "a registry with a Space's options": (
        ["--registry", "x.example/a", "--private"],
        "--registry goes without --private",
    ),
    "a registry of no name": (["--registry", "X Y"], "no image can be called"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_is_told_before_anything_is_asked_of_the_hub(hub, openenv, project, case):
    options, message = WRONG[case]

    ran = openenv("push", str(project), *options)

    assert ran.code == 2, ran.err
    assert message in ran.err
    assert TOKEN not in ran.err
    assert hub.server.requests() == []


def test_what_looks_secret_stops_the_push_and_is_named_with_file_and_line(hub, openenv, project):
    (project / "echo_env" / "settings.py").write_text(f'\nTOKEN = "{TOKEN}"\n')

    ran = openenv("push", str(project))

    assert ran.code == 1
    assert "echo_env/settings.py:2: a token of Hugging Face" in ran.err.splitlines()
    assert TOKEN not in ran.err
    assert hub.server.requests() == []
    assert openenv("push", str(project), "--no-wait", "--allow-secret", "echo_env/settings.py").code == 0


def test_a_folder_without_a_project_is_wrong_usage(hub, openenv):
    ran = openenv("push")

    assert ran.code == 2
    assert "no openenv.yaml" in ran.err


def test_a_rehearsal_asks_nobody_and_needs_no_token(hub, openenv, project, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    options = ["--private", "--secret", "A=b", "--repo-id", "team/echo"]

    ran = openenv("push", str(project), "--dry-run", *options)

    assert ran.code == 0
    for text in ("team/echo", "echo_env/server/app.py", "wheels/openenv_kit-", "  sdk: docker", "private, secrets A"):
        assert text in ran.out
    assert hub.server.requests() == []


def test_a_rehearsal_as_json_is_one_document(hub, openenv, project):
    said = openenv("push", str(project), "--dry-run", "--json").document

    assert said["dry_run"] is True
    assert {"path": "Dockerfile", "size": (project / "Dockerfile").stat().st_size} in said["files"]
    assert "sdk: docker" in said["front_matter"]
    assert said["calls"]


def test_a_rehearsal_of_an_image_names_its_tags_and_needs_no_engine(openenv, project, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")

    ran = openenv("push", str(project), "--registry", "registry.example/team", "--dry-run")

    assert ran.code == 0, ran.err
    assert "registry.example/team/echo-env:latest, registry.example/team/echo-env:0.1.0" in ran.out


def test_errors_are_json_too(openenv, project):
    said = json.loads(openenv("push", str(project), "--json", "--repo-id", "a/b/c").out)

    assert said["error"]["type"] == "UsageError"
