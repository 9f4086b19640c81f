"""The Hub of the tests, told to fail: what the real client makes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import httpx2
import pytest
from hub_server.server import HubServer
from huggingface_hub import CommitOperationAdd, HfApi, get_session
from huggingface_hub.errors import HfHubHTTPError

ROOT = Path(__file__).parents[2]
README = b"---\nsdk: docker\n---\n"
CREATE = "POST /api/repos/create"


def push(api, space, **files):
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    return api.create_commit(space, operations, commit_message="Push", repo_type="space")


@pytest.mark.parametrize("status", [401, 403, 409, 500])
def test_a_request_fails_as_it_is_told(hub, status):
    hub.server.add_fault(CREATE, status, message="because it was told to")

    with pytest.raises(HfHubHTTPError, match="because it was told to") as failed:
        hub.space()

    assert failed.value.response.status_code == status


def test_a_fault_says_when_to_come_back(hub):
    hub.server.add_fault(CREATE, 429, retry_after_s=7)

    with pytest.raises(HfHubHTTPError) as failed:
        hub.space()

    assert failed.value.response.headers["Retry-After"] == "7"


def test_a_fault_ends_after_as_many_requests_as_were_told(hub):
    hub.server.add_fault(CREATE, 500, times=1)

    with pytest.raises(HfHubHTTPError):
        hub.space()

    assert hub.space() == f"{hub.name}/my-env"


def test_other_requests_go_on(hub):
    hub.server.add_fault(CREATE, 500)

    assert hub.api.whoami()["name"] == hub.name


def test_a_connection_is_dropped_before_an_answer(hub):
    hub.server.add_fault(CREATE)

    with pytest.raises(httpx2.TransportError):
        hub.space()


def test_a_connection_is_dropped_in_the_middle_of_an_upload(hub):
    fault = hub.server.add_fault("PUT /_contents/", after_bytes=300_000)

    with pytest.raises(httpx2.TransportError):
        get_session().put(f"{hub.server.url}/_contents/spaces/a/b/0", content=bytes(30_000_000))

    assert fault.seen == 1


def test_what_was_uploaded_before_the_cut_is_not_sent_again(hub):
    space = hub.space()
    cut = hub.server.add_fault(f"POST /api/spaces/{space}/commit/")
    with pytest.raises(httpx2.TransportError):
        push(hub.api, space, **{"a.whl": b"\0"})
    hub.server.call(lambda it: it.faults.told.remove(cut))

    push(hub.api, space, **{"a.whl": b"\0"})

    assert len(hub.server.requests("^PUT /_contents/")) == 1
    assert hub.api.file_exists(space, "a.whl", repo_type="space")


def test_an_answer_is_lost_though_all_is_done(hub):
    hub.server.add_fault(CREATE, done=True)

    with pytest.raises(httpx2.TransportError):
        hub.space()

    assert hub.api.repo_exists(f"{hub.name}/my-env", repo_type="space")


def test_the_hub_tells_what_it_was_asked(hub):
    space = hub.space()

    assert hub.server.requests("^POST") == ["POST /api/repos/create"]
    assert hub.server.requests(space) == []


def test_repositories_are_there_again_after_a_restart(tmp_path):
    for turn in range(2):
        with HubServer(tmp_path) as server:
            token, _ = server.call(lambda hub: hub.accounts.add_user("you"))
            api = HfApi(endpoint=server.url, token=token)
            if turn == 0:
                api.create_repo("you/env", repo_type="space", space_sdk="docker", private=True)
                commit = push(api, "you/env", **{"README.md": README, "Dockerfile": b"FROM scratch\n"}).oid
            assert api.space_info("you/env").sha == commit
            assert api.wait_for_space("you/env", timeout=30, poll_interval=0.01).stage == "RUNNING"


@pytest.fixture
def by_hand(tmp_path):
    """The Hub, started from the command line; gives what it prints."""
    command = [sys.executable, "-m", "tests.hub_server", "--folder", str(tmp_path / "hub"), "--organisation", "acme"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield dict(process.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(3))
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def test_the_hub_is_started_by_hand_and_told_over_http(by_hand):
    api = HfApi(endpoint=by_hand["HF_ENDPOINT"], token=by_hand["HF_TOKEN"])
    control = f"{by_hand['HF_ENDPOINT']}/_control"
    assert by_hand["HF_HUB_DISABLE_XET"] == "1"

    with httpx.Client(base_url=control, trust_env=False) as told:
        told.post("/faults", json={"request": CREATE, "status": 403}).raise_for_status()
        with pytest.raises(HfHubHTTPError, match="403"):
            api.create_repo("acme/env", repo_type="space", space_sdk="docker")
        told.delete("/faults").raise_for_status()
        told.put("/spaces/acme/env/plan", json={"stays_at": "BUILDING"}).raise_for_status()
        api.create_repo("acme/env", repo_type="space", space_sdk="docker")
        push(api, "acme/env", **{"README.md": README, "Dockerfile": b"FROM scratch\n"})
        assert api.get_space_runtime("acme/env").stage == "BUILDING"

        told.post("/spaces/acme/env/release").raise_for_status()
        assert api.wait_for_space("acme/env", timeout=30, poll_interval=0.01).stage == "RUNNING"

        told.put("/spaces/acme/env/stage", json={"stage": "SLEEPING"}).raise_for_status()
        assert api.get_space_runtime("acme/env").stage == "SLEEPING"
