"""Who may connect is decided before anything else, also before a WebSocket opens."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import httpx
import pytest
from support.puppets import InlinePuppet
from support.serving import Served, app_of, tapped_log
from support.wire import v1, v2
from websockets.exceptions import InvalidStatus

from openenv.server.security import is_loopback_name

KEY = "correct horse"
OPEN = [("GET", "/health"), ("HEAD", "/health"), ("GET", "/ready")]
CLOSED = [
    *(("GET", path) for path in ("/", "/docs", "/openapi.json", "/schema", "/metadata", "/state", "/nowhere")),
    *(("POST", path) for path in ("/reset", "/step", "/sessions", "/sessions/x/reset", "/sessions/x/step")),
    *(("GET", path) for path in ("/sessions/x", "/sessions/x/state", "/redoc")),
    ("DELETE", "/sessions/x"),
    ("OPTIONS", "/reset"),
]
RIGHT: list[dict[str, str]] = [
    {"X-OpenEnv-Key": KEY},
    {"Authorization": f"Bearer {KEY}"},
    {"authorization": f"bearer  {KEY}"},
]
WRONG: list[dict[str, str]] = [
    {},
    {"X-OpenEnv-Key": ""},
    {"X-OpenEnv-Key": KEY + "x"},
    {"X-OpenEnv-Key": KEY[:-1]},
    {"Authorization": KEY},
    {"Authorization": f"Basic {KEY}"},
    {"Authorization": "Bearer"},
]


@pytest.fixture
def locked(serve: Any) -> Served:
    server: Served = serve(InlinePuppet, api_key=KEY)
    return server


@pytest.fixture
def unlocked(serve: Any) -> Served:
    server: Served = serve(InlinePuppet, allowed_origins=("https://good.example",))
    return server


def refusal_of(url: str, headers: dict[str, str], *, dialect: Any = v2) -> tuple[int, Any]:
    """Try to connect; returns the HTTP status of the refusal, 101 for none."""
    try:
        with dialect(url, additional_headers=headers):
            return 101, None
    except InvalidStatus as refused:
        return refused.response.status_code, refused.response.body


def test_health_and_readiness_need_no_key(locked: Served) -> None:
    with locked.http() as http:
        assert [http.request(method, path).status_code for method, path in OPEN] == [200, 200, 200]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_every_other_route_needs_the_key(locked: Served, method: str, path: str) -> None:
    with locked.http() as http:
        for headers in WRONG:
            refused = http.request(method, path, headers=headers)
            assert refused.status_code == 401, (method, path, headers)
            assert refused.json()["code"] == "UNAUTHORIZED"
            assert refused.json().keys() == {"code", "message", "detail", "correlation_id"}
        for headers in RIGHT:
            assert http.request(method, path, headers=headers).status_code != 401


@pytest.mark.parametrize("dialect", [v1, v2])
def test_a_websocket_without_the_key_is_refused_before_it_opens(locked: Served, dialect: Any) -> None:
    for headers in WRONG:
        status, body = refusal_of(locked.ws, headers, dialect=dialect)
        assert status == 401
        assert b"UNAUTHORIZED" in body
    for headers in RIGHT:
        assert refusal_of(locked.ws, headers, dialect=dialect)[0] == 101


def test_the_key_is_no_secret_to_who_has_it_only(locked: Served) -> None:
    with locked.http() as http:
        assert KEY not in http.get("/schema").text
        assert KEY not in http.get("/openapi.json", headers=RIGHT[0]).text


ORIGINS = {
    "none": (None, True),
    "the server's own": ("http://{address}", True),
    "the server's own over TLS": ("https://{address}", True),
    "an allowed one": ("https://good.example", True),
    "an allowed one in capitals": ("https://GOOD.example/", True),
    "a stranger": ("https://evil.example", False),
    "another port": ("http://127.0.0.1:1", False),
    "an allowed one over plain HTTP": ("http://good.example", False),
    "a sandboxed page": ("null", False),
    "nonsense": ("http://[", False),
}


@pytest.mark.parametrize(("origin", "welcome"), ORIGINS.values(), ids=ORIGINS)
def test_a_web_page_may_connect_from_here_or_where_that_is_allowed(
    unlocked: Served, origin: str | None, welcome: bool
) -> None:
    headers = {} if origin is None else {"Origin": origin.format(address=unlocked.address)}
    assert refusal_of(unlocked.ws, headers)[0] == (101 if welcome else 403)
    with unlocked.http() as http:
        answer = http.post("/reset", headers=headers)
        assert answer.status_code == (200 if welcome else 403)
        assert http.get("/health", headers=headers).status_code == 200
        if not welcome:
            assert answer.json()["code"] == "UNAUTHORIZED"


HOSTS = {
    "its address": ("{address}", True),
    "localhost": ("localhost:{port}", True),
    "localhost without a port": ("localhost", True),
    "another loopback address": ("127.0.0.2:{port}", True),
    "the IPv6 one": ("[::1]:{port}", True),
    "an allowed origin's": ("good.example", True),
    "a stranger's": ("evil.example", False),
    "one that looks alike": ("localhost.evil.example", False),
    "another machine's": ("192.168.0.1", False),
    "nonsense": ("[", False),
}


@pytest.mark.parametrize(("host", "welcome"), HOSTS.values(), ids=HOSTS)
def test_on_loopback_the_host_must_mean_this_server(unlocked: Served, host: str, welcome: bool) -> None:
    name = host.format(address=unlocked.address, port=unlocked.address.rpartition(":")[2])
    with unlocked.http() as http:
        statuses = [http.request(method, path, headers={"Host": name}).status_code for method, path in OPEN]
        assert statuses == [200 if welcome else 403] * 3


def test_the_origin_is_looked_at_before_the_key(serve: Any) -> None:
    served = serve(InlinePuppet, api_key=KEY, allowed_origins=())
    for headers, origin in itertools.product([{}, RIGHT[0]], ["https://evil.example"]):
        assert refusal_of(served.ws, {**headers, "Origin": origin})[0] == 403


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("", False),
    ],
)
def test_this_machine_has_several_names(name: str, ours: bool) -> None:
    assert is_loopback_name(name) is ours


# Beyond loopback


def asked_elsewhere(method: str, path: str, **options: Any) -> httpx.Response:
    """Ask an app that seems to listen on an address that is not this machine's own."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app_of(InlinePuppet))
        async with httpx.AsyncClient(transport=transport, base_url="http://198.51.100.7") as http:
            return await http.request(method, path, **options)

    return asyncio.run(ask())


def test_other_machines_may_call_the_server_by_any_name() -> None:
    assert asked_elsewhere("GET", "/health", headers={"Host": "games.example"}).status_code == 200
    assert asked_elsewhere("POST", "/reset", headers={"Origin": "https://evil.example"}).status_code == 403


def test_other_machines_do_not_read_what_an_environment_raises() -> None:
    with tapped_log() as log:
        failed = asked_elsewhere("POST", "/step", json={"action": {"do": "raise", "name": "ValueError"}})
        body = failed.json()
        assert failed.status_code == 500
        assert body["message"] == "ValueError in the environment; its text is in the server's log"
        assert log.find("the puppet's secret", body["correlation_id"])
