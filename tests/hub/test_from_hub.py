"""Connecting by a Space's name: from_hub, played by the real client on the Hub of the tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd
from support.hub import HubUser
from support.puppets import PATIENCE_S
from support.serving import Served, serving, tapped_log
from support.walks import Walk

from openenv import AutoAction, AutoEnv, EnvClient, GenericEnvClient, ProcessProvider, pool
from openenv.engine import EngineMissingError
from openenv.errors import ServerStartError
from openenv.hub.errors import HubNotFoundError, HubTokenError, HubUnavailableError
from openenv.hub.repo_id import RepoId, RepoIdError
from openenv.hub.space import RevisionNotDeployedError, Space, SpaceNotRunningError
from openenv.providers.space import SpaceProvider
from openenv.providers.space_image import SpaceImageProvider
from openenv.providers.space_process import SpaceProcessProvider

README = b"---\ntitle: Walk\nsdk: docker\napp_port: 8123\ntags: [openenv]\n---\n"


def push(hub: HubUser, space: str, dockerfile: str = "FROM scratch\n", *, wait: bool = True) -> str:
    """Push a commit, wait until it is deployed, and return it."""
    files = {"README.md": README, "Dockerfile": dockerfile.encode()}
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    commit = hub.api.create_commit(space, operations, commit_message="Push", repo_type="space")
    if wait:
        hub.api.wait_for_space(space, timeout=PATIENCE_S, poll_interval=0.01)
    return str(commit.oid)


@pytest.fixture(scope="module")
def walks() -> Iterator[Served]:
    with serving(Walk, max_sessions=8) as served:
        yield served


@pytest.fixture
def deployed(hub: HubUser, walks: Served) -> Callable[..., tuple[str, str]]:
    """Makes a Space that runs, and returns its id and its commit."""

    def deploy(name: str = "walk", **options: object) -> tuple[str, str]:
        space = hub.space(name, **options)
        hub.server.plan(space, server=walks.url)
        return space, push(hub, space)

    return deploy


def test_a_space_is_played_where_it_runs_and_says_what_it_is_made_of(deployed: Callable[..., tuple[str, str]]) -> None:
    space, commit = deployed()
    env = GenericEnvClient.from_hub(space, use_docker=False, message_timeout_s=PATIENCE_S)
    assert (env.revision, env.base_url) == (None, None)
    with tapped_log("openenv.providers") as log, env as client:
        assert client.reset(seed=1).observation["legal_actions"] == [-1, 1]
    assert env.revision == commit
    assert log.find(space, "which is made of", commit)
    assert log.find(space, "RUNNING")


def test_a_private_space_is_played_with_the_token_that_no_public_one_gets(
    hub: HubUser, deployed: Callable[..., tuple[str, str]]
) -> None:
    private, _ = deployed("secret-walk", private=True)
    public, _ = deployed("open-walk")
    with GenericEnvClient.from_hub(private, use_docker=False) as env:
        assert "position" in env.reset().observation
        assert env.async_client._session.headers == {"Authorization": f"Bearer {hub.token}"}
    assert Space.find(RepoId.parse(public)).headers == {}
    assert hub.token not in repr(Space.find(RepoId.parse(private)))


def test_whoever_may_not_see_a_space_is_told_that_it_may_be_there(
    hub: HubUser, deployed: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    private, _ = deployed("secret-walk", private=True)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubNotFoundError, match=f"there is no Space {private}, or none that this token may see"):
        GenericEnvClient.from_hub(private, use_docker=False).sync().connect()
    with GenericEnvClient.from_hub(private, use_docker=False, token=hub.token) as env:
        assert "position" in env.reset().observation
    with pytest.raises(HubTokenError, match="blanks"):
        GenericEnvClient.from_hub(private, use_docker=False, token="not a token").sync().connect()


def test_a_pool_on_a_private_space_says_its_token_in_every_session(deployed: Callable[..., tuple[str, str]]) -> None:
    private, commit = deployed("secret-walk", private=True)
    client = GenericEnvClient.from_hub(private, use_docker=False)
    with pool(client, 3) as envs:
        assert [type(result).__name__ for result in envs.reset_all(seeds=range(3))] == ["StepResult"] * 3
        assert envs[0].revision == commit
        with GenericEnvClient.beside(envs[0].async_client) as beside:
            assert "position" in beside.reset().observation


def test_a_sleeping_space_is_woken(hub: HubUser, deployed: Callable[..., tuple[str, str]]) -> None:
    space, _ = deployed()
    hub.server.set_stage(space, "SLEEPING")
    with tapped_log("openenv.providers") as log, GenericEnvClient.from_hub(space, use_docker=False) as env:
        assert "position" in env.reset().observation
    assert log.find(space, "SLEEPING")
    assert log.find(space, "RUNNING")


def test_a_space_that_is_being_built_is_waited_for(hub: HubUser, walks: Served) -> None:
    space = hub.space("slow")
    hub.server.plan(space, server=walks.url, stays_at="BUILDING")
    push(hub, space, wait=False)
    with tapped_log("openenv.providers") as log:
        releasing = threading.Thread(target=lambda: (log.wait_for(space, "BUILDING"), hub.server.release(space)))
        releasing.start()
        with GenericEnvClient.from_hub(space, use_docker=False) as env:
            assert "position" in env.reset().observation
        releasing.join()


@pytest.mark.parametrize(
    ("stage", "hint"),
    [
        ("PAUSED", "only its owner can start it again"),
        ("BUILD_ERROR", "the log of the build"),
        ("RUNTIME_ERROR", "the log of its server"),
        ("CONFIG_ERROR", "front matter"),
    ],
)
def test_a_space_that_will_not_run_says_why_and_what_else_would_do(
    stage: str, hint: str, hub: HubUser, deployed: Callable[..., tuple[str, str]]
) -> None:
    space, _ = deployed()
    hub.server.set_stage(space, stage)
    with pytest.raises(SpaceNotRunningError, match=rf"the Space {space} does not run \({stage}\)") as told:
        GenericEnvClient.from_hub(space, use_docker=False).sync().connect()
    assert told.value.data == {"repo_id": space, "stage": stage}
    assert hint in str(told.value.hint)
    assert "in Python, use_docker=True runs its image here, and provider=ProcessProvider" in str(told.value.hint)


def test_a_space_without_any_push_has_nothing_to_play(hub: HubUser) -> None:
    with pytest.raises(SpaceNotRunningError, match="NO_APP_FILE") as told:
        GenericEnvClient.from_hub(hub.space("empty"), use_docker=False).sync().connect()
    assert told.value.hint == "nothing was pushed there yet: openenv push does it"


def test_patience_has_an_end(hub: HubUser, walks: Served) -> None:
    space = hub.space("stuck")
    hub.server.plan(space, server=walks.url, stays_at="APP_STARTING")
    push(hub, space, wait=False)
    env = GenericEnvClient.from_hub(space, use_docker=False, startup_timeout_s=0.0)
    with pytest.raises(SpaceNotRunningError, match=r"was not up within 0 s \((BUILDING|APP_STARTING)\)"):
        env.sync().connect()


def test_whoever_gives_up_waits_no_longer(hub: HubUser, walks: Served) -> None:
    space = hub.space("stuck")
    hub.server.plan(space, server=walks.url, stays_at="BUILDING")
    push(hub, space, wait=False)
    provider = SpaceProvider(space)
    with tapped_log("openenv.providers") as log:
        stopping = threading.Thread(target=lambda: (log.wait_for(space, "BUILDING"), provider.stop()))
        stopping.start()
        with pytest.raises(ServerStartError, match="it was stopped while it started"):
            provider.start()
        stopping.join()


def test_a_server_that_is_up_but_ill_is_not_played(hub: HubUser) -> None:
    space = hub.space("ill")
    hub.server.plan(space, server="http://127.0.0.1:9")  # nothing listens there
    push(hub, space)
    with pytest.raises(SpaceNotRunningError, match=r"was not up within 0 s \(RUNNING\): http://127\.0\.0\.1:\d+"):
        GenericEnvClient.from_hub(space, use_docker=False, startup_timeout_s=0.0).sync().connect()


def test_a_hub_that_fails_for_a_moment_is_asked_again(hub: HubUser, deployed: Callable[..., tuple[str, str]]) -> None:
    space, _ = deployed()
    hub.server.add_fault(f"GET /api/spaces/{space}/runtime", 503, times=2)
    with GenericEnvClient.from_hub(space, use_docker=False) as env:
        assert "position" in env.reset().observation
    hub.server.add_fault(f"GET /api/spaces/{space}/runtime", 503)
    with pytest.raises(HubUnavailableError, match="503"):
        GenericEnvClient.from_hub(space, use_docker=False, startup_timeout_s=0.0).sync().connect()


def test_a_hub_that_says_nothing_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr("openenv.hub.space._ASK_S", 0.01)
        with pytest.raises(HubUnavailableError, match="gave no answer"):
            GenericEnvClient.from_hub("owner/walk", use_docker=False).sync().connect()


def test_a_hub_that_falls_silent_is_not_waited_for_longer_than_the_start_may_take(
    deployed: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    space = Space.find(RepoId.parse(deployed()[0]))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr("openenv.hub.space._LEAST_ASK_S", 0.01)
        with pytest.raises(HubUnavailableError, match="gave no answer"):
            space.wait_until_up(0.05, print, lambda _: None)


def test_a_space_that_is_no_environment_is_not_waited_for(hub: HubUser) -> None:
    space = hub.space("a-page")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as page:
        threading.Thread(target=page.serve_forever).start()
        hub.server.plan(space, server=f"http://127.0.0.1:{page.server_address[1]}")
        push(hub, space)
        try:
            with pytest.raises(SpaceNotRunningError, match=r"runs, but is no OpenEnv server: .*/health answers 404"):
                GenericEnvClient.from_hub(space, use_docker=False).sync().connect()
        finally:
            page.shutdown()


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *args: object) -> None: ...


def test_a_revision_has_to_be_the_one_that_is_deployed(hub: HubUser, deployed: Callable[..., tuple[str, str]]) -> None:
    space, first = deployed()
    second = push(hub, space, "FROM scratch\nRUN true\n")
    with GenericEnvClient.from_hub(space, use_docker=False, revision=second) as env:
        assert env.revision == second
    with GenericEnvClient.from_hub(space, use_docker=False, revision="main") as env:
        assert env.revision == second
    with pytest.raises(
        RevisionNotDeployedError, match=f"{space} is deployed at {second[:12]}, not at {first[:12]}"
    ) as told:
        GenericEnvClient.from_hub(space, use_docker=False, revision=first).sync().connect()
    assert "provider=ProcessProvider runs any revision" in str(told.value.hint)
    with pytest.raises(HubNotFoundError, match="no such revision"):
        GenericEnvClient.from_hub(space, use_docker=False, revision="no-branch").sync().connect()


def test_a_hub_that_does_not_answer_is_told_from_a_space_that_is_not_there(hub: HubUser) -> None:
    with pytest.raises(HubNotFoundError, match="there is no Space nobody/nothing"):
        GenericEnvClient.from_hub("nobody/nothing", use_docker=False).sync().connect()
    hub.server.add_fault("GET /api/spaces/nobody/nothing", 503)
    with pytest.raises(HubUnavailableError, match="503"):
        GenericEnvClient.from_hub("nobody/nothing", use_docker=False).sync().connect()


def test_without_an_engine_the_other_two_ways_are_named(
    deployed: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    space, _ = deployed()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    with pytest.raises(EngineMissingError, match="no container engine answers") as told:
        GenericEnvClient.from_hub(space).sync().connect()
    assert "use_docker=False" in str(told.value.hint)
    assert "provider=ProcessProvider" in str(told.value.hint)


def test_whatever_runs_images_gets_the_name_of_the_spaces(
    hub: HubUser, deployed: Callable[..., tuple[str, str]], walks: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []

    class Elsewhere:
        def __init__(self, image: str, **options: object) -> None:
            ran.append((image, options))

        def start(self) -> str:
            return walks.url

        def stop(self) -> None: ...

    space, commit = deployed("Walk_It.now")
    with GenericEnvClient.from_hub(space, provider=Elsewhere, level=2) as env:
        assert env.revision == commit
    monkeypatch.setenv("OPENENV_SPACES_REGISTRY", "registry.example:5000")
    with GenericEnvClient.from_hub(space, provider=Elsewhere) as env:
        env.reset()
    slug = f"{hub.name}-walk-it-now:latest"
    assert ran == [(f"registry.hf.space/{slug}", {"level": 2}), (f"registry.example:5000/{slug}", {})]


@pytest.mark.parametrize("name", ["walk", "a/b/c", "https://huggingface.co/spaces/a/b", "a/-b", ""])
def test_what_names_no_space_is_refused_at_once(name: str) -> None:
    with pytest.raises(RepoIdError):
        EnvClient.from_hub(name)


def test_the_name_that_openenv_0_10_has_for_it_means_the_same_as_there() -> None:
    for options, kind in (({}, SpaceImageProvider), ({"use_docker": False}, SpaceProcessProvider)):
        client = GenericEnvClient.from_env("a/b", env_vars={"LEVEL": "2"}, **options)  # type: ignore[arg-type]
        assert type(client._session.recipe.provider) is kind


@pytest.mark.parametrize("how", [{}, {"use_docker": False}, {"provider": ProcessProvider}])
def test_an_option_that_there_is_not_is_refused_at_once(how: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="memry"):
        GenericEnvClient.from_hub("a/b", memry="4g", **how)  # type: ignore[arg-type]


def test_a_class_of_clients_is_made_of_what_a_space_says_of_itself(deployed: Callable[..., tuple[str, str]]) -> None:
    space, commit = deployed("walk-the-line")
    action = AutoAction.from_hub(space, use_docker=False)
    with AutoEnv.from_hub(space, use_docker=False) as env:
        result = env.step(action(side=1)) if env.reset(seed=1) else None
        assert type(result.observation).__name__ == "WalkObservation"
        assert (type(env.async_client).__name__, env.revision) == ("WalkTheLineEnv", commit)


def test_a_stranger_is_not_mistaken_for_whom_one_knows(hub: HubUser, deployed: Callable[..., tuple[str, str]]) -> None:
    space, _ = deployed("echo_env")
    with pytest.raises(HubNotFoundError, match="there is no Space openenv/echo_env"):
        AutoEnv.from_env("openenv/echo_env", use_docker=False).sync().connect()
    with AutoEnv.from_env(space, use_docker=False) as env:
        assert hasattr(env.reset().observation, "position")
