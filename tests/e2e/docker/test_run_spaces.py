"""Playing Spaces by their names, in containers of their images: on a real engine, from a real registry."""

from __future__ import annotations

import base64
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import docker
import pytest
from huggingface_hub import CommitOperationAdd
from support.hub import HubUser, hub, hub_server  # noqa: F401
from support.puppets import PATIENCE_S
from support.serving import tapped_log

from openenv import AutoAction, AutoEnv, GenericEnvClient
from openenv.errors import ServerStartError
from openenv.hub.space import RevisionNotDeployedError
from openenv.providers.refusals import ImageMissingError

from .conftest import run

README = "---\ntitle: Echo\nsdk: docker\napp_port: {port}\ntags: [openenv]\n---\n"
Published = Callable[..., tuple[str, str]]


def push(hub: HubUser, space: str, port: int = 8000) -> str:  # noqa: F811
    files = {"README.md": README.format(port=port), "Dockerfile": f"FROM scratch\nEXPOSE {port}\n"}
    operations = [CommitOperationAdd(path, text.encode()) for path, text in files.items()]
    commit = hub.api.create_commit(space, operations, commit_message="Push", repo_type="space")
    hub.api.wait_for_space(space, timeout=PATIENCE_S, poll_interval=0.01)
    return str(commit.oid)


@pytest.fixture
def published(
    engine: docker.DockerClient,
    echo_image: str,
    registry: str,
    hub: HubUser,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Published]:
    """Makes a Space whose image is in the registry, as the Hub would have put it there; gives its id and commit."""
    monkeypatch.setenv("OPENENV_SPACES_REGISTRY", registry)
    images = []

    def publish(name: str, port: int = 8000, **options: Any) -> tuple[str, str]:
        space = hub.space(name, **options)
        commit = push(hub, space, port)
        image = f"{registry}/{hub.name}-{name}"
        engine.images.get(echo_image).tag(image)
        for event in engine.images.push(image, stream=True, decode=True):
            assert "error" not in event
        engine.images.remove(image)
        images.append(image)
        return space, commit

    yield publish
    for image in images:
        for found in engine.images.list(name=image):
            engine.images.remove(found.tags[0])


def test_its_image_is_pulled_and_played_here_by_its_name(published: Published, engine: docker.DockerClient) -> None:
    space, commit = published("echo")
    env = AutoEnv.from_hub(space)
    with tapped_log("openenv.providers") as log, env as client:
        client.reset()
        result = client.step({"message": "hello"})
        assert (type(result.observation).__name__, result.observation.length) == ("EchoObservation", 5)
        assert client.revision == commit
    assert log.find("pulling", f"{space.replace('/', '-')}:latest")
    assert log.find(space, "which is made of", commit)
    assert AutoAction.from_hub(space)(message="hello").message == "hello"


def test_the_server_listens_where_the_readme_says(published: Published) -> None:
    space, _ = published("elsewhere", port=8123)
    with GenericEnvClient.from_hub(space, env_vars={"WHO": "me"}) as env:
        env.reset()
        assert env.step({"message": "hi"}).observation["length"] == 2


def test_a_newer_image_is_pulled_and_an_older_one_does_where_there_is_no_registry(
    published: Published, engine: docker.DockerClient, registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    space, commit = published("kept")
    with GenericEnvClient.from_hub(space, revision=commit) as env:
        env.reset()
        assert env.revision == commit
    image = f"{registry}/{space.replace('/', '-')}:latest"
    monkeypatch.setenv("OPENENV_SPACES_REGISTRY", "127.0.0.1:9")  # nobody answers there
    away = f"127.0.0.1:9/{space.replace('/', '-')}"
    with pytest.raises(
        ImageMissingError, match=f"there is no image {away}:latest here, and it cannot be pulled"
    ) as told:
        GenericEnvClient.from_hub(space).sync().connect()
    assert "provider=ProcessProvider serves its files" in str(told.value.hint)
    engine.images.get(image).tag(away)
    try:
        with tapped_log("openenv.providers") as log, GenericEnvClient.from_hub(space) as env:
            env.reset()
            assert env.revision is None
        with pytest.raises(ImageMissingError, match=f"^{away}:latest cannot be pulled") as unsure:
            GenericEnvClient.from_hub(space, revision=commit).sync().connect()
    finally:
        engine.images.remove(away)
    assert log.find("running the image that is here already")
    assert not log.find("which is made of")
    assert "leave revision= out" in str(unsure.value.hint)


def test_another_revision_than_the_deployed_one_has_no_image(published: Published, hub: HubUser) -> None:  # noqa: F811
    space, first = published("older")
    second = push(hub, space, 8001)
    with pytest.raises(RevisionNotDeployedError, match=f"deployed at {second[:12]}, not at {first[:12]}"):
        GenericEnvClient.from_hub(space, revision=first).sync().connect()


def test_options_reach_the_container(published: Published) -> None:
    space, _ = published("tight")
    with pytest.raises(ServerStartError, match="ran out of memory"):
        GenericEnvClient.from_hub(space, memory="8m").sync().connect()


def test_the_image_of_a_private_space_is_pulled_as_its_user(
    published: Published,
    engine: docker.DockerClient,
    registry: str,
    hub: HubUser,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    space, _ = published("secret", private=True)
    with guarded(registry, hub.name, hub.token) as address:
        monkeypatch.setenv("OPENENV_SPACES_REGISTRY", address)
        try:
            with GenericEnvClient.from_hub(space) as env:
                env.reset()
            image = f"{address}/{space.replace('/', '-')}"
            with pytest.raises(docker.errors.APIError):
                engine.images.pull(image, tag="latest")
        finally:
            engine.images.remove(image)


def test_a_space_is_evaluated_in_its_container(published: Published) -> None:
    space, _ = published("measured")
    ran = run([sys.executable, "-m", "openenv_cli", "eval", space, "--episodes", "2", "--sessions", "1", "--json"])
    assert ran.code == 0, ran.err
    assert ran.document["policies"][0]["episodes"] == 2
    assert f"{space}: running" in ran.err


@contextmanager
def guarded(registry: str, user: str, password: str) -> Iterator[str]:
    """Stand before a registry, and let in who says these: what the Hub's registry does for private Spaces."""
    let_in = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Guard(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.headers["Authorization"] != let_in:
                self._answer(401, [("WWW-Authenticate", 'Basic realm="spaces"')], b"")
                return
            connection = HTTPConnection(registry)
            connection.request(self.command, self.path, headers={**dict(self.headers), "Host": registry})
            answer = connection.getresponse()
            body = answer.read()
            kept = [(name, value) for name, value in answer.getheaders() if name != "Content-Length"]
            length = answer.getheader("Content-Length") if self.command == "HEAD" else None
            self._answer(answer.status, kept, body, length)
            connection.close()

        def do_HEAD(self) -> None:
            self.do_GET()

        def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, length: str | None = None) -> None:
            self.send_response(status)
            for name, value in [*headers, ("Content-Length", length or str(len(body)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Guard) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
