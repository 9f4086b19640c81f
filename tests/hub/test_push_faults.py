"""``openenv push`` to a Hub that fails: it says so, says that nothing is deployed, and can simply be run again."""

from __future__ import annotations

import functools
import socket
from types import SimpleNamespace

import pytest
from support.hub import HubUser, send_there

from openenv.hub.errors import HubUnavailableError
from openenv.hub.repo_id import RepoId
from openenv_cli.hub import client
from openenv_cli.hub.present import look
from openenv_cli.images import build
from openenv_cli.images.wheel import Wheel, runtime_wheel

REFUSED, MISSING = 1, 3

the_wheel = functools.cache(runtime_wheel)
"""Made once: files of the runtime may change while somebody works on them."""


@pytest.fixture
def space(hub, echo):
    """Where the push goes, and what will answer there."""
    repo_id = f"{hub.name}/echo-env"
    hub.server.plan(repo_id, server=echo)
    return repo_id


@pytest.fixture
def push(openenv, hub, space, waits, project, monkeypatch):
    """Pushes echo_env."""
    monkeypatch.setattr(build, "runtime_wheel", the_wheel)
    monkeypatch.setattr(client, "time", SimpleNamespace(sleep=waits.append))
    return lambda *options: openenv("push", str(project), *options)


def stage_of(hub, space):
    return hub.api.get_space_runtime(space).stage


def assert_failed(ran, code, *words):
    """It says in one line what is wrong and in another what to do, and nowhere that anything is deployed."""
    assert ran.code == code, ran
    assert ran.out == ""
    lines = ran.err.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    assert len(errors) == 1, ran.err
    assert lines[-1].startswith("hint: "), ran.err
    assert "Traceback" not in ran.err
    assert "deployed" not in errors[0].replace("not deployed", "")
    assert [word for word in words if word not in ran.err] == []


CREATE, COMMIT, UPLOAD = "POST /api/repos/create", "POST /api/spaces/.*/commit/", "PUT /_contents/"
RUNTIME = "GET /api/spaces/.*/runtime"


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ("GET /api/whoami-v2", 500, MISSING),
        ("GET /api/spaces/[^/]+/[^/]+$", 0, MISSING),
        (CREATE, 401, MISSING),
        (CREATE, 403, REFUSED),
        ("POST /api/spaces/.*/preupload/", 403, REFUSED),
        ("POST /spaces/.*/info/lfs/objects/batch", 409, REFUSED),
        (UPLOAD, 500, MISSING),
        (UPLOAD, 0, MISSING),
        ("POST /api/validate-yaml", 0, MISSING),
        (COMMIT, 409, REFUSED),
        (COMMIT, 500, MISSING),
        (COMMIT, 0, MISSING),
    ],
)
def test_a_push_that_fails_anywhere_says_so_and_can_be_run_again(hub, space, push, request_, status, code):
    fault = hub.server.add_fault(request_, status, message="told to fail")

    assert_failed(push(), code, "told to fail" if status else "no answer")
    assert fault.seen

    hub.server.call(lambda it: it.faults.clear())
    again = push("--no-wait")
    assert again.code == 0, again.err
    assert "Dockerfile" in hub.api.list_repo_files(space, repo_type="space")


def test_a_token_that_the_hub_does_not_know_is_named(hub, push, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_nobody")

    assert_failed(push(), MISSING, "401", "HF_TOKEN")


def test_the_token_of_an_option_comes_before_that_of_the_environment(hub, space, push, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_nobody")

    ran = push("--token", hub.token)

    assert ran.code == 0, ran.err
    assert hub.api.repo_exists(space, repo_type="space")
    assert hub.token not in ran.out + ran.err


def test_without_a_token_nothing_is_asked_of_the_hub(hub, push, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")

    assert_failed(push(), MISSING, "no token")
    assert hub.server.requests() == []


def test_a_token_that_only_reads_stops_before_anything_is_made(hub, space, push, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", hub.read_token)

    assert_failed(push(), REFUSED, "read")
    assert not hub.api.repo_exists(space, repo_type="space")


def test_the_namespace_of_somebody_else_is_refused(hub, push):
    other = HubUser.registered(hub.server)

    assert_failed(push("--repo-id", f"{other.name}/echo-env"), REFUSED, "403", other.name)


def test_a_space_that_changes_meanwhile_is_not_overwritten(hub, space, push):
    hub.server.add_fault(COMMIT, 412, message="A commit has happened since.", times=1)

    assert_failed(push(), REFUSED, "412")


def test_a_space_that_is_there_and_hidden_is_a_conflict(hub, push):
    hub.server.add_fault(CREATE, 409, message="You already created this space repo")

    assert_failed(push(), REFUSED, "is there, and hidden from this token")


def test_a_hub_that_wants_fewer_requests_is_asked_again_when_it_says(hub, space, push, waits):
    hub.server.add_fault(CREATE, 429, retry_after_s=7, times=2)

    ran = push("--no-wait")

    assert ran.code == 0, ran.err
    assert waits[:2] == [7, 7]
    assert "asking again in 7 s" in ran.err


def test_a_hub_that_wants_no_requests_for_long_is_not_waited_for(hub, push, waits):
    hub.server.add_fault(CREATE, 429, retry_after_s=3600)

    assert_failed(push(), MISSING, "429")
    assert waits == []


def test_an_upload_that_is_cut_in_the_middle_is_sent_again(hub, space, push, waits):
    cut = hub.server.add_fault(UPLOAD, after_bytes=1000, times=2)

    ran = push("--no-wait")

    assert (ran.code, cut.seen) == (0, 2), ran.err
    assert waits[:2] == [1, 2]


def test_a_commit_that_is_cut_in_the_middle_leaves_the_space_as_it_was(hub, space, push):
    hub.server.add_fault(COMMIT, after_bytes=1000)

    assert_failed(push(), MISSING, "no answer")
    assert hub.api.list_repo_files(space, repo_type="space") == [".gitattributes", "README.md"]


def test_what_was_done_though_its_answer_was_lost_is_not_done_again(hub, space, push):
    create = hub.server.add_fault(CREATE, done=True, times=1)
    assert_failed(push("--no-wait"), MISSING, "no answer")
    commit = hub.server.add_fault(COMMIT, done=True, times=1)
    assert_failed(push("--no-wait"), MISSING, "no answer")

    ran = push("--no-wait")

    assert (ran.code, create.seen, commit.seen) == (0, 1, 1), ran.err
    assert "files: 11 as they were" in ran.err
    commits = hub.api.list_repo_commits(space, repo_type="space")
    assert [one.title for one in commits] == ["Push echo-env 0.1.0", "initial commit"]


def test_the_space_of_somebody_else_gets_a_pull_request_and_nothing_else(hub, space, push, monkeypatch):
    assert push("--no-wait").code == 0
    files = hub.api.list_repo_files(space, repo_type="space")
    stranger = HubUser.registered(hub.server)
    monkeypatch.setenv("HF_TOKEN", stranger.token)
    monkeypatch.setattr(build, "runtime_wheel", lambda: Wheel("openenv_kit-9.0-py3-none-any.whl", b"PK\0"))

    assert_failed(push("--repo-id", space, "--no-wait"), REFUSED, "403")
    opened = push("--repo-id", space, "--create-pr")

    assert opened.code == 0, opened.err
    assert opened.out == f"opened {hub.server.url}/spaces/{space}/discussions/1\n"
    assert hub.api.list_repo_files(space, repo_type="space") == files


@pytest.mark.parametrize("status", [500, 0])
def test_a_hub_that_does_not_answer_for_a_moment_is_waited_for(hub, space, push, status):
    fault = hub.server.add_fault(RUNTIME, status, times=2)

    ran = push()

    assert (ran.code, fault.seen) == (0, 2), ran.err
    assert ran.err.count(": asking again\n") == 2
    assert ran.out.startswith(f"deployed {space} at http://")


def test_a_hub_that_answers_no_more_while_it_builds_is_given_up(hub, push):
    hub.server.add_fault(RUNTIME, 500, message="told to fail")

    assert_failed(push("--timeout", "1"), MISSING, "told to fail")


def test_a_build_that_fails_shows_its_log(hub, space, push):
    hub.server.plan(
        space, fails_at="BUILDING", message="exit code: 7", log=("--> RUN pip install", "ERROR: no gravity")
    )

    assert_failed(push(), REFUSED, "pushed, but not deployed", "BUILD_ERROR", "exit code: 7", "ERROR: no gravity")


def test_a_server_that_ends_is_not_deployed(hub, space, push):
    hub.server.plan(space, fails_at="APP_STARTING", message="Exit code: 1. Reason: no gravity")

    assert_failed(push(), REFUSED, "pushed, but not deployed", "RUNTIME_ERROR", "no gravity")


def test_after_a_failed_build_the_same_files_are_built_again(hub, space, push, echo):
    hub.server.plan(space, fails_at="BUILDING")
    assert push().code == REFUSED
    commit = hub.api.space_info(space).sha
    hub.server.plan(space, server=echo)

    again = push()

    assert again.code == 0, again.err
    assert hub.api.space_info(space).sha == commit
    assert stage_of(hub, space) == "RUNNING"


def test_a_space_that_stays_building_is_not_deployed(hub, space, push):
    hub.server.plan(space, log=("--> still compiling",) * 10_000, pace_s=0.1)

    assert_failed(push("--timeout", "1"), REFUSED, "pushed, but not deployed", "BUILDING", "--> still compiling")


def test_a_space_that_nothing_answers_for_is_not_deployed(hub, space, push):
    hub.server.plan(space, server=None)

    assert_failed(push("--timeout", "1"), REFUSED, "pushed, but not deployed", "does not answer")


def test_a_space_that_sleeps_is_woken_and_validated(hub, space, push):
    assert push("--no-wait").code == 0
    hub.server.set_stage(space, "SLEEPING")

    again = push()

    assert again.code == 0, again.err
    assert again.out.startswith(f"deployed {space}")
    assert stage_of(hub, space) == "RUNNING"


def test_a_space_that_is_paused_stays_so(hub, space, push):
    assert push("--no-wait").code == 0
    hub.api.pause_space(space)

    assert_failed(push(), REFUSED, "PAUSED")
    assert stage_of(hub, space) == "PAUSED"


def test_a_private_space_is_validated_with_the_token(hub, space, push):
    ran = push("--private")

    assert ran.code == 0, ran.err
    assert hub.api.space_info(space).private


def test_without_waiting_nothing_is_said_to_be_deployed(hub, space, push):
    ran = push("--no-wait")

    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"pushed {space}")
    assert "deployed" not in ran.out + ran.err


def test_a_hub_that_is_not_there_is_no_crash(hub, push, monkeypatch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    send_there(monkeypatch, url, hub.token, tmp_path / "hf-home")

    assert_failed(push(), MISSING, url)


def test_an_offline_client_asks_nothing(hub, push, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    assert_failed(push(), MISSING, "HF_HUB_OFFLINE")
    assert hub.server.requests() == []


def test_a_hub_that_says_nothing_is_not_waited_for_without_end(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr("openenv_cli.hub.present.SILENCE_S", 0.01)
        with pytest.raises(HubUnavailableError, match="gave no answer"):
            look(client.Client("hf_token", print), RepoId("owner", "walk"))
