"""The Hub of the tests, asked by the real client: Spaces that are built, run, sleep and fail."""

from __future__ import annotations

import httpx
import pytest
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import BadRequestError, HfHubHTTPError
from support.hub import HubUser
from support.puppets import PATIENCE_S, Puppet
from support.serving import serving

README = b"---\ntitle: My Env\nsdk: docker\napp_port: 8000\ntags: [openenv, games]\n---\n"
FILES = {"README.md": README, "Dockerfile": b"FROM python:3.12-slim\n"}


def push(user, space, files=FILES):
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    return user.api.create_commit(space, operations, commit_message="Push", repo_type="space").oid


def ended(user, space):
    return user.api.wait_for_space(space, timeout=PATIENCE_S, poll_interval=0.01)


def visit(host, path="/health", token=None):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{host}{path}", headers=headers, trust_env=False, timeout=PATIENCE_S)


@pytest.fixture
def space(hub):
    return hub.space()


@pytest.fixture(scope="module")
def puppets():
    with serving(Puppet) as served:
        yield served


@pytest.fixture
def running(hub, space, puppets):
    """A Space with a real server behind it."""
    hub.server.plan(space, server=puppets.url)
    push(hub, space)
    assert ended(hub, space).stage == "RUNNING"
    return space


def test_a_new_space_has_nothing_to_run(hub, space):
    assert hub.api.get_space_runtime(space).stage == "NO_APP_FILE"


def test_a_push_is_built_and_runs(hub, space):
    commit = push(hub, space)

    runtime = ended(hub, space)

    assert (runtime.stage, runtime.hardware, runtime.raw["sha"]) == ("RUNNING", "cpu-basic", commit)
    assert "--> COPY . .\n" in list(hub.api.fetch_space_logs(space, build=True))


def test_a_space_tells_what_its_readme_says(hub, space):
    commit = push(hub, space)

    info = hub.api.space_info(space)

    assert (info.sdk, info.sha, info.private, info.author) == ("docker", commit, False, hub.name)
    assert (info.card_data.title, info.card_data.app_port) == ("My Env", 8000)
    assert info.tags == ["docker", "openenv", "games"]
    assert info.subdomain == f"{hub.name}-my-env"
    assert info.host.startswith("http://127.0.0.1:")


def test_a_readme_without_front_matter_is_a_faulty_configuration(hub, space):
    with pytest.warns(UserWarning, match="empty or missing yaml metadata"):
        push(hub, space, {**FILES, "README.md": b"# My Env\n"})

    runtime = ended(hub, space)

    assert (runtime.stage, runtime.raw["errorMessage"]) == ("CONFIG_ERROR", "Missing configuration in README")


@pytest.mark.parametrize(("phase", "stage"), [("BUILDING", "BUILD_ERROR"), ("APP_STARTING", "RUNTIME_ERROR")])
def test_what_fails_says_why(hub, space, phase, stage):
    hub.server.plan(
        space, fails_at=phase, message="exit code: 1", log=("--> RUN pip install", "ERROR: no such package")
    )
    push(hub, space)

    runtime = ended(hub, space)

    assert (runtime.stage, runtime.raw["errorMessage"]) == (stage, "exit code: 1")
    assert list(hub.api.fetch_space_logs(space, build=True))[-1] == "ERROR: no such package\n"


def test_a_build_stays_until_it_is_released(hub, space):
    hub.server.plan(space, stays_at="BUILDING", log=("first",))
    push(hub, space)
    lines = hub.api.fetch_space_logs(space, build=True, follow=True)
    assert next(lines) == "first\n"
    assert hub.api.get_space_runtime(space).stage == "BUILDING"

    hub.server.release(space)

    assert list(lines) == []
    assert ended(hub, space).stage == "RUNNING"


def test_what_ran_before_runs_on_while_it_is_built_anew(hub, running, puppets):
    before = hub.api.space_info(running).sha
    hub.server.plan(running, stays_at="BUILDING", server=puppets.url)
    push(hub, running, {"a.py": b"a"})

    runtime = hub.api.get_space_runtime(running)

    assert (runtime.stage, runtime.raw["sha"]) == ("RUNNING_BUILDING", before)
    assert visit(hub.api.space_info(running).host).status_code == 200


def test_a_pull_request_is_not_built(hub, running):
    operations = [CommitOperationAdd("a.py", b"a")]
    hub.api.create_commit(running, operations, commit_message="Add", repo_type="space", create_pr=True)

    assert hub.api.get_space_runtime(running).stage == "RUNNING"


def test_the_host_answers_with_what_the_server_says(hub, running, puppets):
    host = hub.api.space_info(running).host

    assert visit(host).json() == visit(puppets.url).json()


def test_the_host_carries_websockets(hub, running, puppets):
    from openenv import GenericEnvClient

    with GenericEnvClient(base_url=hub.api.space_info(running).host).sync() as client:
        client.reset()
        assert client.step({"do": "add", "amount": 2}).observation["total"] == 2


def test_a_private_host_is_open_to_its_owners_alone(hub, running):
    host = hub.api.space_info(running).host
    hub.api.update_repo_settings(running, private=True, repo_type="space")
    stranger = HubUser.registered(hub.server)

    found = [visit(host, token=token).status_code for token in (None, stranger.token, hub.read_token)]

    assert found == [404, 404, 200]


def test_a_sleeping_space_is_woken_by_a_visit(hub, running):
    hub.server.set_stage(running, "SLEEPING")
    host = hub.api.space_info(running).host
    assert hub.api.get_space_runtime(running).stage == "SLEEPING"

    assert visit(host).status_code == 503

    assert ended(hub, running).stage == "RUNNING"
    assert visit(host).status_code == 200


def test_a_paused_space_runs_again_when_it_is_restarted(hub, running):
    assert hub.api.pause_space(running).stage == "PAUSED"
    assert visit(hub.api.space_info(running).host).status_code == 503

    hub.api.restart_space(running)

    assert ended(hub, running).stage == "RUNNING"


def test_a_factory_restart_builds_again(hub, running):
    hub.server.plan(running, fails_at="BUILDING")

    hub.api.restart_space(running, factory_reboot=True)

    assert ended(hub, running).stage == "BUILD_ERROR"


def test_variables_are_read_and_secrets_are_not(hub, space):
    hub.api.add_space_variable(space, "GREETING", "hello", description="What it says")
    hub.api.add_space_secret(space, "API_KEY", "very-secret")

    variables, secrets = hub.api.get_space_variables(space), hub.api.get_space_secrets(space)

    assert (variables["GREETING"].value, variables["GREETING"].description) == ("hello", "What it says")
    assert list(secrets) == ["API_KEY"]
    answer = httpx.get(f"{hub.server.url}/api/spaces/{space}/secrets", headers={"Authorization": f"Bearer {hub.token}"})
    assert "very-secret" not in answer.text


def test_variables_and_secrets_are_forgotten(hub, space):
    hub.api.add_space_variable(space, "GREETING", "hello")
    hub.api.add_space_secret(space, "API_KEY", "very-secret")

    hub.api.delete_space_secret(space, "API_KEY")

    assert hub.api.delete_space_variable(space, "GREETING") == {}
    assert hub.api.get_space_secrets(space) == {}


def test_a_name_is_a_variable_or_a_secret(hub, space):
    hub.api.add_space_secret(space, "API_KEY", "very-secret")

    with pytest.raises(BadRequestError, match="Collision"):
        hub.api.add_space_variable(space, "API_KEY", "plain")


def test_variables_and_secrets_can_be_given_when_a_space_is_created(hub):
    space = hub.space(
        space_variables=[{"key": "GREETING", "value": "hello"}],
        space_secrets=[{"key": "API_KEY", "value": "very-secret"}],
        space_hardware="cpu-upgrade",
        space_sleep_time=600,
        private=True,
    )

    runtime = hub.api.get_space_runtime(space)

    assert (runtime.requested_hardware, runtime.sleep_time) == ("cpu-upgrade", 600)
    assert list(hub.api.get_space_variables(space)) == ["GREETING"]
    assert list(hub.api.get_space_secrets(space)) == ["API_KEY"]
    assert hub.api.space_info(space).private


def test_a_new_variable_starts_a_space_again(hub, running, puppets):
    hub.server.plan(running, stays_at="APP_STARTING", server=puppets.url)

    hub.api.add_space_variable(running, "GREETING", "hello")
    assert hub.api.get_space_runtime(running).stage == "APP_STARTING"

    hub.server.release(running)
    assert ended(hub, running).stage == "RUNNING"


def test_hardware_and_sleep_time_are_changed(hub, space):
    hub.api.request_space_hardware(space, "t4-small", sleep_time=300)
    assert hub.api.get_space_runtime(space).requested_hardware == "t4-small"

    assert hub.api.set_space_sleep_time(space, 900).sleep_time == 900


def test_free_hardware_sleeps_after_two_days_whatever_is_said(hub, space):
    with pytest.warns(UserWarning, match="48 hours"):
        assert hub.api.set_space_sleep_time(space, 900).sleep_time == 48 * 3600


def test_hardware_that_there_is_not_is_refused(hub, space):
    with pytest.raises(BadRequestError, match="must be one of"):
        hub.api.request_space_hardware(space, "abacus")
    with pytest.raises(BadRequestError, match="must be one of"):
        hub.space("another", space_hardware="abacus")

    assert "cpu-basic" in [one.name for one in hub.api.list_spaces_hardware()]


def test_logs_and_secrets_are_for_owners(hub, running):
    stranger = HubUser.registered(hub.server)

    with pytest.raises(HfHubHTTPError, match="403"):
        list(stranger.api.fetch_space_logs(running))
    with pytest.raises(HfHubHTTPError, match="403"):
        stranger.api.get_space_secrets(running)


def test_spaces_are_found_by_tag_owner_and_words(hub, running):
    hub.space("other-thing")
    mine = {"author": hub.name}

    def found(**query):
        return [space.id for space in hub.api.list_spaces(**mine, **query)]

    assert found(filter="openenv") == [running]
    assert found(filter=["openenv", "games"], search="my") == [running]
    assert found(filter=["openenv", "music"]) == []
    assert found(search="other") == [f"{hub.name}/other-thing"]
    assert found(search="My Env") == [running]
    assert [one.id for one in hub.api.list_spaces(**mine, limit=1)] == [running]


def test_a_list_tells_of_each_space_what_was_asked_for(hub, running):
    short, full, expanded = (
        next(iter(hub.api.list_spaces(author=hub.name, **query)))
        for query in ({}, {"full": True}, {"expand": ["runtime", "cardData"]})
    )

    assert (short.card_data, short.tags) == (None, ["docker", "openenv", "games"])
    assert full.card_data.title == "My Env"
    assert (expanded.runtime.stage, expanded.tags) == ("RUNNING", None)


def test_private_spaces_are_found_by_their_owners_alone(hub):
    space = hub.space(private=True)

    assert [one.id for one in HfApi(token=False).list_spaces(author=hub.name)] == []
    assert [one.id for one in hub.api.list_spaces(author=hub.name)] == [space]
