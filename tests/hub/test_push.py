"""``openenv push`` as its users run it, against a Hub that keeps what it is told."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.hub import environment
from support.puppets import PATIENCE_S
from support.serving import serving
from support.walks import Walk


@pytest.fixture
def push(openenv, hub, project):
    """Pushes the project, and does not wait unless it is told to."""

    def pushed(*options, wait=False):
        return openenv("push", str(project), *([] if wait else ["--no-wait"]), *options)

    return pushed


@pytest.fixture
def space(hub):
    return f"{hub.name}/echo-env"


def files_of(hub, space):
    return set(hub.api.list_repo_files(space, repo_type="space")) - {".gitattributes"}


def commits_of(hub, space):
    return [commit.title for commit in hub.api.list_repo_commits(space, repo_type="space")]


def test_the_first_push_makes_a_docker_space_of_the_user_with_the_staged_files(hub, push, space, project):
    ran = push()

    assert ran.code == 0, ran.err
    info = hub.api.space_info(space)
    assert (info.sdk, info.private) == ("docker", False)
    assert "openenv" in info.tags
    wheels = {file for file in files_of(hub, space) if file.endswith(".whl")}
    assert len(wheels) == 1
    assert files_of(hub, space) - wheels == {
        *("Dockerfile", "README.md", "openenv.yaml", "pyproject.toml"),
        *(f"echo_env/{name}.py" for name in ("__init__", "client", "models")),
        *(f"echo_env/server/{name}.py" for name in ("__init__", "app", "environment")),
    }
    assert commits_of(hub, space)[0] == "Push echo-env 0.1.0"
    assert ran.out == f"pushed {space}: {hub.server.url}/spaces/{space}\n"


def test_what_the_space_holds_is_not_pushed_again(hub, push, space):
    push()
    before = commits_of(hub, space)

    ran = push()

    assert ran.code == 0
    assert commits_of(hub, space) == before
    assert len(hub.server.requests("POST .*/commit/")) == 1
    assert "files: 11 as they were" in ran.err
    assert ran.out == f"nothing to push: {hub.server.url}/spaces/{space} holds these files\n"


def test_a_change_is_one_commit_that_deletes_what_went_away(hub, push, space, project):
    (project / "echo_env" / "old.py").write_text("")
    push()
    (project / "echo_env" / "old.py").unlink()
    (project / "echo_env" / "new.py").write_text("")
    (project / "echo_env" / "client.py").write_text("# changed\n")

    ran = push("--message", "Listen better")

    assert "files: 1 new, 1 changed, 1 deleted, 10 as they were" in ran.err
    assert "uploading 2 files, 0.0 kB …" in ran.err
    assert "deleting there: echo_env/old.py" in ran.err
    assert commits_of(hub, space)[0] == "Listen better"
    assert {"echo_env/new.py", "echo_env/old.py"} & files_of(hub, space) == {"echo_env/new.py"}


def test_files_that_went_away_are_deleted_without_an_upload(hub, push, space, project):
    (project / "echo_env" / "old.py").write_text("")
    push()
    (project / "echo_env" / "old.py").unlink()

    ran = push()

    assert ran.code == 0, ran.err
    assert ran.err.count("uploading") == 0
    assert "echo_env/old.py" not in files_of(hub, space)


def test_a_space_that_holds_something_else_is_left_alone(hub, push, space):
    hub.space("echo-env")
    hub.api.upload_file(path_or_fileobj=b"1", path_in_repo="app.py", repo_id=space, repo_type="space")

    ran = push("--private")

    assert ran.code == 1
    assert f"{space} holds no environment, but app.py" in ran.err
    assert "app.py" in files_of(hub, space)
    assert not hub.api.space_info(space).private


def test_large_files_are_sent_once(hub, push, space, project):
    (project / "echo_env" / "weights.bin").write_bytes(os.urandom(300_000))

    assert push().code == 0
    sent = hub.server.requests("PUT /_contents/")
    ran = push()

    assert "files: 12 as they were" in ran.err
    assert sent
    assert hub.server.requests("PUT /_contents/") == sent


def test_a_gitignore_that_the_space_holds_keeps_nothing_out(hub, push, space):
    hub.space("echo-env")
    for path, content in {"openenv.yaml": b"name: echo-env\n", ".gitignore": b"wheels/\n*.whl\n"}.items():
        hub.api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=space, repo_type="space")

    assert push().code == 0

    assert any(file.endswith(".whl") for file in files_of(hub, space))
    assert ".gitignore" not in files_of(hub, space)


def test_a_space_that_runs_and_is_valid_is_deployed(hub, push, space, echo):
    hub.server.plan(space, server=echo)

    ran = push(wait=True)

    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"deployed {space} at {hub.api.space_info(space).host}: ")
    assert "RUNNING …" in ran.err.splitlines()


def test_nothing_changed_and_running_is_validated_at_once(hub, push, space, echo):
    hub.server.plan(space, server=echo)
    push(wait=True)

    ran = push(wait=True)

    assert ran.out.startswith(f"deployed {space}")
    assert "BUILDING" not in ran.err


def test_a_space_that_runs_and_is_not_valid_is_not_deployed(hub, push, space):
    class Wrong(Walk):
        def reset(self, **_):
            raise ZeroDivisionError("no ground")

    with serving(Wrong) as served:
        hub.server.plan(space, server=served.url)
        ran = push(wait=True)

    assert ran.code == 1
    assert ran.out == ""
    assert "error: pushed and running, but not valid:" in ran.err
    assert "B001" in ran.err


def test_the_result_as_json_is_one_document(hub, push, space, echo):
    hub.server.plan(space, server=echo)

    said = push("--json", wait=True).document

    assert said["repo_id"] == space
    assert said["deployed"] is True
    assert said["created"] is True
    assert said["commit"] == hub.api.space_info(space).sha
    assert said["url"] == hub.api.space_info(space).host
    assert said["checks_passed"] > 20
    assert len(said["files"]["added"]) + len(said["files"]["changed"]) == 11


def test_a_new_space_is_made_with_its_settings(hub, push, space, monkeypatch):
    monkeypatch.setenv("API_KEY", "from here")
    options = ["--private", "--hardware", "cpu-upgrade", "--sleep-time", "600"]

    ran = push(*options, "-e", "LEVEL=3", "-e", "A=b=c", "--secret", "API_KEY", "--secret", "OTHER=x y")

    assert ran.code == 0, ran.err
    info = hub.api.space_info(space)
    assert info.private
    assert (info.runtime.requested_hardware, info.runtime.sleep_time) == ("cpu-upgrade", 600)
    assert {key: one.value for key, one in hub.api.get_space_variables(space).items()} == {"LEVEL": "3", "A": "b=c"}
    assert set(hub.api.get_space_secrets(space)) == {"API_KEY", "OTHER"}
    secrets = hub.server.call(lambda it: it.spaces.find(space).secrets)
    assert (secrets["API_KEY"].value, secrets["OTHER"].value) == ("from here", "x y")
    assert "from here" not in ran.err + ran.out


def test_settings_of_a_space_that_is_there_are_changed_before_the_upload(hub, push, space, project):
    push()
    (project / "echo_env" / "new.py").write_text("")
    hub.server.call(lambda it: it.faults.clear())

    ran = push("--private", "--hardware", "cpu-upgrade", "--sleep-time", "60", "-e", "LEVEL=3", "--secret", "KEY=1")

    assert ran.code == 0, ran.err
    info = hub.api.space_info(space)
    assert info.private
    assert (info.runtime.requested_hardware, info.runtime.sleep_time) == ("cpu-upgrade", 60)
    order = [one.rsplit("/", 1)[1] for one in hub.server.requests("^(PUT|POST) /api/spaces/")]
    assert order[:4] == ["settings", "hardware", "variables", "secrets"]
    assert f"set {space}: private, on cpu-upgrade, sleeping after 60 s, variables LEVEL, secrets KEY" in ran.err
    assert "uploading 1 file, " in ran.err


def test_a_sleep_time_without_effect_is_refused_before_anything_is_changed(hub, push, space):
    refused = [push("--sleep-time", "60")]
    assert not hub.api.repo_exists(space, repo_type="space")
    push()
    hub.server.call(lambda it: it.faults.clear())
    refused += [push("--sleep-time", "60", "--private")]

    for ran in refused:
        assert ran.code == 2
        assert "error: --sleep-time has no effect on cpu-basic" in ran.err
        assert "hint: it sleeps after two days without a visit; --hardware names another" in ran.err
    assert hub.server.requests("^(PUT|POST|DELETE) ") == []
    assert push("--sleep-time", "60", "--hardware", "t4-small").code == 0
    assert push("--sleep-time", "90").code == 0
    assert hub.api.get_space_runtime(space).sleep_time == 90


def test_settings_that_are_so_already_are_left_alone(hub, push):
    push("--private", "-e", "LEVEL=3")
    hub.server.call(lambda it: it.faults.clear())

    assert push("--private", "-e", "LEVEL=3").code == 0

    assert hub.server.requests("^(PUT|POST|DELETE) ") == []


def test_the_variables_of_a_space_are_read_only_where_some_are_to_be_set(hub, push, openenv, project):
    push()
    (project / "echo_env" / "new.py").write_text("")
    hub.server.add_fault("GET /api/spaces/.*/variables", 403, message="not yours")

    assert openenv("push", str(project), "--create-pr").code == 0
    refused = push("-e", "LEVEL=3")

    assert (refused.code, "not yours" in refused.err) == (1, True)


def test_a_private_space_stays_so_until_it_is_made_public(hub, push, space):
    push("--private")
    push()
    assert hub.api.space_info(space).private
    push("--public")
    assert not hub.api.space_info(space).private


def test_variables_of_the_manifest_are_set_and_those_of_options_come_before_them(hub, push, space, project):
    manifest = project / "openenv.yaml"
    manifest.write_text(manifest.read_text() + "variables:\n  LEVEL: 1\n  WORDS: many\n")

    push("-e", "LEVEL=2")

    assert {key: one.value for key, one in hub.api.get_space_variables(space).items()} == {
        "LEVEL": "2",
        "WORDS": "many",
    }


def test_the_space_of_an_organization_is_named_with_its_owner(hub, push):
    hub.server.call(lambda it: it.accounts.add_organisation(f"{hub.name}-team", {hub.name: "write"}))

    assert push("--repo-id", f"{hub.name}-team/echo").code == 0

    assert hub.api.repo_exists(f"{hub.name}-team/echo", repo_type="space")


def test_a_bare_name_is_a_space_of_the_user(hub, push):
    assert push("-r", "other").code == 0

    assert hub.api.repo_exists(f"{hub.name}/other", repo_type="space")


def test_a_pull_request_changes_nothing_until_it_is_merged(hub, push, openenv, space, project):
    push()
    before = files_of(hub, space)
    (project / "echo_env" / "new.py").write_text("")

    ran = openenv("push", str(project), "--create-pr", "--message", "Hear more")

    assert ran.code == 0, ran.err
    assert ran.out == f"opened {hub.server.url}/spaces/{space}/discussions/1\n"
    assert files_of(hub, space) == before


def test_a_pull_request_without_a_change_is_not_opened(hub, push, openenv, project):
    push()

    ran = openenv("push", str(project), "--create-pr")

    assert ran.code == 0
    assert ran.out.startswith("nothing to push: ")


def test_a_pull_request_needs_a_space(hub, openenv, project):
    ran = openenv("push", str(project), "--create-pr")

    assert ran.code == 1
    assert "there is no Space" in ran.err


def test_another_base_image_is_in_the_dockerfile_of_the_space(hub, push, space, tmp_path):
    assert push("--base-image", "python:3.13-slim").code == 0

    dockerfile = Path(hub.api.hf_hub_download(space, "Dockerfile", repo_type="space", local_dir=tmp_path / "there"))
    assert "\nARG BASE_IMAGE=python:3.13-slim\n" in dockerfile.read_text()


def test_ctrl_c_ends_a_push_quietly_and_the_next_one_goes_on(hub, push, project, space, echo, tmp_path):
    hub.server.plan(space, stays_at="BUILDING", server=echo)
    surroundings = {**os.environ, **environment(hub.server.url, hub.token, tmp_path / "home")}
    command = [sys.executable, "-m", "openenv_cli", "push", str(project)]
    with subprocess.Popen(command, env=surroundings, stdout=-1, stderr=-1, text=True) as process:
        seen = next(line for line in process.stderr if line.startswith("BUILDING"))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted"
    assert "Traceback" not in seen + err

    hub.server.release(space)
    again = push(wait=True)
    assert again.code == 0, again.err
    assert len(hub.server.requests("POST .*/commit/")) == 1


@pytest.fixture
def silent(hub):
    """A socket in the place of where large files go: it accepts connections, and reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE_S)
        url = hub.server.url
        hub.server.call(lambda it: setattr(it, "url", f"http://127.0.0.1:{listening.getsockname()[1]}"))
        yield listening
        hub.server.call(lambda it: setattr(it, "url", url))


def test_ctrl_c_ends_an_upload_of_several_large_files_at_once(hub, project, silent, tmp_path):
    for name in ("a", "b"):
        (project / "echo_env" / f"{name}.bin").write_bytes(os.urandom(16_000_000))
    surroundings = {**os.environ, **environment(os.environ["HF_ENDPOINT"], hub.token, tmp_path / "home")}
    command = [sys.executable, "-m", "openenv_cli", "push", str(project), "--no-wait"]
    (project / "wheels").mkdir()
    with subprocess.Popen(command, env=surroundings, stdout=-1, stderr=-1, text=True) as process:
        upload, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)
        upload.close()

    assert process.returncode == 130
    assert err.splitlines()[-1] == "interrupted"
