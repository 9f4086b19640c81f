"""Targets: one way to tell what can be played, whoever asks."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.serving import serving
from support.walks import Walk, WalkAction

from openenv import EnvClient, GenericEnvClient
from openenv.discovery.schemas import served_schemas
from openenv.discovery.target import ImageTarget, ProjectTarget, SpaceTarget, UrlTarget, read_target
from openenv.errors import ConfigurationError, ConnectError
from openenv.hub.repo_id import RepoId, RepoIdError


class Counts:
    """No environment of ours, but one by its methods."""

    def reset(self) -> None: ...


class AnyClient(GenericEnvClient):
    """A class, not a client."""


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://localhost:8000/", "http://localhost:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/games", "http://127.0.0.1:8000/games"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("me:secret@localhost:8000", "http://me:secret@localhost:8000"),
        ("wss://a.example/ws", "wss://a.example/ws"),
    ],
)
def test_an_address_is_a_server_with_or_without_its_scheme(text: str, url: str) -> None:
    assert read_target(text) == UrlTarget(url)


def test_a_folder_is_a_project_as_path_and_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("game", "game:8000"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "openenv.yaml").write_text("name: game\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    game = ProjectTarget(tmp_path / "game")

    assert read_target("game") == read_target("./game") == read_target(str(tmp_path / "game")) == game
    assert read_target(Path("game")) == read_target(tmp_path / "game" / "openenv.yaml") == game
    assert read_target("./game:8000") == ProjectTarget(tmp_path / "game:8000")


def test_images_clients_and_classes_are_told_apart() -> None:
    client = EnvClient.in_process(Walk)

    assert read_target("image:my-env:2") == ImageTarget("my-env:2")
    assert read_target(client) is client
    assert read_target(Walk) is Walk
    assert read_target(Counts) is Counts


@pytest.mark.parametrize("target", [3, None, b"http://localhost:8000", int, AnyClient, Walk()])
def test_what_cannot_be_played_is_refused_with_what_can(target: Any) -> None:
    with pytest.raises(ConfigurationError, match="is nothing that can be played") as refused:
        read_target(target)
    assert refused.value.hint is not None
    assert "a project's folder" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing-of-this-name", "no installed environment is called 'nothing-of-this-name'"),
        ("./nowhere", "no such file or folder"),
        ("http://", "is not a server's address"),
        ("localhost:99999", "is not a server's address"),
        ("image:", "'image:' names no image"),
    ],
)
def test_says_what_is_wrong_with_a_text(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_target(text)


def test_a_misspelt_folder_is_told_which_folders_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "maze-runner").mkdir()
    (tmp_path / "maze-runner" / "openenv.yaml").write_text("name: maze-runner\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError, match=r"there is no such folder here; did you mean \./maze-runner") as told:
        read_target("maze-runer")
    assert told.value.data["near"] == ["./maze-runner"]
    assert told.value.hint == "give the project's folder, ./maze-runner"


def test_an_id_of_gymnasium_is_told_what_takes_it() -> None:
    with pytest.raises(ConfigurationError, match="no installed environment is called 'CartPole-v1'") as told:
        read_target("CartPole-v1")
    assert "openenv init --template gymnasium --env-id CartPole-v1" in str(told.value.hint)


@pytest.mark.parametrize(
    "place",
    [
        "",
        "/",
        "/tree/main",
        "/tree/main/server",
        "/blob/main/README.md",
        "/commits/main",
        "/discussions/3",
        "?logs=build",
    ],
)
def test_a_page_of_a_space_names_it_whatever_it_shows(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://localhost:9999/")
    for site in ("https://huggingface.co", "https://hf.co", "http://localhost:9999"):
        assert read_target(f"{site}/spaces/you/x{place}") == SpaceTarget(RepoId("you", "x"))


@pytest.mark.parametrize(
    ("place", "revision"),
    [("tree/v1.0", "v1.0"), ("blob/refs%2Fpr%2F1/README.md", "refs/pr/1"), ("commit/0a1b", "0a1b")],
)
def test_a_page_of_another_revision_is_told_how_to_name_that(place: str, revision: str) -> None:
    with pytest.raises(RepoIdError, match=f"shows the revision {revision}") as refused:
        read_target(f"https://huggingface.co/spaces/you/x/{place}")
    assert refused.value.hint == f"give you/x, and in Python revision={revision!r}"


def test_a_server_says_what_it_takes_and_gives_to_whoever_it_lets_in() -> None:
    with serving(Walk, api_key="secret") as served:
        for url in (served.url, f"{served.url.replace('http', 'ws', 1)}/ws", served.url.removeprefix("http://")):
            schemas = served_schemas(GenericEnvClient(url, api_key="secret"))
            assert schemas.action["properties"]["side"] == WalkAction.model_json_schema()["properties"]["side"]
            assert {"position", "legal_actions"} <= schemas.observation["properties"].keys()
        with pytest.raises(ConnectError, match="does not say what it plays: GET /schema answered 401"):
            served_schemas(GenericEnvClient(served.url))


class _Guarded(BaseHTTPRequestHandler):
    """Lets in who says ``me`` and ``s:cret``, as a proxy in front of a server may."""

    def do_GET(self) -> None:
        let_in = self.headers["Authorization"] == "Basic " + base64.b64encode(b"me:s:cret").decode()
        self.send_response(200 if let_in else 401)
        self.end_headers()
        self.wfile.write(b'{"action": {}, "observation": {}}')

    def log_message(self, *args: Any) -> None: ...


def test_the_password_of_an_address_is_sent() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Guarded) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            assert served_schemas(GenericEnvClient(f"http://me:s%3Acret@127.0.0.1:{server.server_port}")) == (
                {},
                {},
                {},
            )
        finally:
            server.shutdown()


@pytest.mark.parametrize("place", ["localhost:1", "localhost"])
def test_a_password_is_not_in_what_a_server_does_not_say(place: str) -> None:
    with pytest.raises(ConnectError, match=f"no server answers at http://{place}: ") as refused:
        served_schemas(GenericEnvClient(f"http://me:secret@{place}"))
    assert "secret" not in refused.value.message


def test_a_client_without_a_server_does_not_say() -> None:
    with pytest.raises(ConfigurationError, match="EnvClient does not say what it plays") as refused:
        served_schemas(EnvClient.in_process(Walk))
    assert refused.value.hint == "give the environment's class in place of the client"


def test_a_space_is_told_by_its_name_or_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chess = SpaceTarget(RepoId("games", "chess"))

    assert read_target("games/chess") == read_target("https://huggingface.co/spaces/games/chess/") == chess
    assert str(chess) == "games/chess"
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example:8080/hf/")
    assert read_target("http://mirror.example:8080/hf/spaces/games/chess") == chess
    assert read_target("http://mirror.example:8080/hf/games/chess") == UrlTarget(
        "http://mirror.example:8080/hf/games/chess"
    )
    assert read_target("https://games-chess.hf.space") == UrlTarget("https://games-chess.hf.space")
    (tmp_path / "games" / "chess").mkdir(parents=True)
    (tmp_path / "games" / "chess" / "openenv.yaml").write_text("name: chess\n", encoding="utf-8")
    assert read_target("games/chess") == ProjectTarget(tmp_path / "games" / "chess")
    assert read_target("./games/chess") == ProjectTarget(tmp_path / "games" / "chess")
