"""``openenv info``: what an environment is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.serving import serving
from support.walks import Walk

from openenv import GenericEnvClient

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Walk, max_sessions=4) as served:
        yield served.url


def test_shows_what_an_environment_takes_and_gives(openenv: Any, url: str) -> None:
    ran = openenv("info", url)

    assert (ran.code, ran.err) == (0, f"asking {url} …\n")
    shown = ran.out.splitlines()
    assert shown[:5] == [
        "Walk",
        "Begins where the seed says; the right end earns 1, the left one -1, a step nothing.",
        "seeds: reset takes one",
        "sessions: 0 of 4 are taken",
        f"asked: {url}",
    ]
    assert shown[6:10] == [
        "WalkAction (action)",
        "  field   type            default   description",
        "  side    Literal[-1, 1]  required  -1 is left, 1 is right",
        '  remark  str             ""',
    ]
    assert "WalkObservation (observation)" in shown
    assert shown[-1].startswith('example action: {"side": ')


def test_the_sessions_of_a_full_server_are_shown_and_none_is_taken(openenv: Any) -> None:
    with serving(Walk, max_sessions=1) as served, GenericEnvClient(served.url).sync():
        ran = openenv("info", served.url, "--json")

    assert ran.code == 0
    assert (ran.document["capacity"]["active_sessions"], ran.document["capacity"]["max_sessions"]) == (1, 1)


def test_prints_all_that_the_server_says_as_one_document(openenv: Any, url: str) -> None:
    said = openenv("info", url, "--json", "--quiet").document

    assert list(said) == ["target", "metadata", "capacity", "example_action", "schemas"]
    assert (said["target"], said["metadata"]["name"]) == (url, "Walk")
    assert set(said["schemas"]) == {"action", "observation", "state"}
    assert said["example_action"]["side"] in (-1, 1)


def test_the_project_here_is_the_default(openenv: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ECHO)

    ran = openenv("info", "--quiet")

    assert ran.code == 0
    assert ran.out.startswith("echo-env 0.1.0\nSays back what it is told.\n")
    assert "EchoState (state)\n  no fields of its own\n" in ran.out


@pytest.fixture
def hostile() -> Iterator[Callable[[Any], str]]:
    """Makes a server whose actions have this schema."""
    said: dict[str, Any] = {"/metadata": {"name": "\x1b[31mred\x1b[0m", "version": 1}}

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(said.get(self.path, {})).encode()
            self.send_response(200 if self.path in said else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever).start()

        def make(action: Any) -> str:
            said["/schema"] = {"action": action, "observation": {}, "state": {}}
            return f"http://127.0.0.1:{server.server_port}"

        yield make
        server.shutdown()


def test_a_server_that_says_little_and_oddly_is_described(openenv: Any, hostile: Any) -> None:
    ran = openenv("info", hostile({"properties": {"a\x1b[1m": {"type": "nonsense"}}}))

    assert ran.code == 0
    assert ran.out.splitlines()[0] == "\\x1b[31mred\\x1b[0m 1"
    assert "sessions" not in ran.out
    assert "example action" not in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(
    "action", [{"properties": 3}, {"$ref": "#"}, {"properties": {"it": {"minimum": "x", "type": "number"}}}]
)
def test_a_schema_that_cannot_be_read_is_an_error_in_one_line(openenv: Any, hostile: Any, action: Any) -> None:
    ran = openenv("info", hostile(action))

    assert ran.code == 1
    assert "\nerror: the schema of action" in ran.err
    assert "Traceback" not in ran.err


def test_what_is_nothing_is_wrong_usage(openenv: Any) -> None:
    ran = openenv("info")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
