"""From an address to a session, and what stands in the way."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from scripted import Adder, Peer, in_loop, no_files_to_spare, scripted
from support.puppets import Puppet
from support.serving import serving

from openenv.client import GenericEnvClient
from openenv.errors import (
    ConnectError,
    DeadlineError,
    SessionCapacityError,
    UnauthorizedError,
)

SHORT_S = 0.05


@in_loop
async def test_an_environment_that_takes_too_long_to_make_is_a_deadline() -> None:
    async def only(peer: Peer) -> None:
        await peer.take()
        await peer.error("TIMEOUT")
        await peer.socket.close(1011)

    async with scripted(only) as stage:
        with pytest.raises(DeadlineError):
            await Adder(stage.url).connect()


@in_loop
async def test_a_server_that_never_greets_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openenv.client.link.WAIT_FOR_SLOT_S", 0.0)

    async def only(peer: Peer) -> None:
        await peer.take()
        await peer.stay()
        assert peer.socket.close_code == 1000  # so that no session is kept for us

    async with scripted(only) as stage:
        with pytest.raises(ConnectError, match="did not open the session in time"):
            await Adder(stage.url, message_timeout_s=SHORT_S).connect()


@in_loop
async def test_giving_up_while_connecting_leaves_nothing_behind() -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def only(peer: Peer) -> None:
        await peer.take()
        asked.set()
        await peer.stay()
        assert peer.socket.close_code == 1000
        left.set()

    async with scripted(only) as stage:
        connecting = asyncio.ensure_future(Adder(stage.url).connect())
        await asked.wait()
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await left.wait()


@in_loop
async def test_a_full_v1_server_is_a_capacity_error() -> None:
    async def only(peer: Peer) -> None:
        await peer.send("error", {"code": "CAPACITY_REACHED", "message": "full", "max_sessions": 1})

    async with scripted(only, speaks_v2=False) as stage:
        with pytest.raises(SessionCapacityError) as caught:
            async with Adder(stage.url) as env:
                await env.reset()
        assert caught.value.data["max_sessions"] == 1


@in_loop
async def test_a_full_server_is_waited_for() -> None:
    async def only(peer: Peer) -> None:
        assert (await peer.take()) == {"type": "open", "data": {"wait_s": 30.0}}
        await peer.send("queued", {"position": 1})
        await peer.error("CAPACITY_REACHED")
        await peer.socket.close(1013)

    async with scripted(only) as stage:
        with pytest.raises(SessionCapacityError, match="said so"):
            await Adder(stage.url).connect()


@in_loop
async def test_credentials_travel_in_headers() -> None:
    seen: dict[str, str | None] = {}

    async def only(peer: Peer) -> None:
        seen.update({name: peer.headers.get(name) for name in ("Authorization", "X-OpenEnv-Key", "X-Mine")})
        await peer.greet()

    async with scripted(only) as stage, Adder(stage.url, token="t", api_key="k", headers={"X-Mine": "m"}):
        assert seen == {"Authorization": "Bearer t", "X-OpenEnv-Key": "k", "X-Mine": "m"}


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
@in_loop
async def test_a_refused_key_is_a_typed_error_with_the_servers_words(status: HTTPStatus) -> None:
    def refuse(connection: Any, request: Any) -> Any:
        return connection.respond(status, '{"code": "UNAUTHORIZED", "message": "wrong key"}')

    async with scripted(process_request=refuse) as stage:
        with pytest.raises(UnauthorizedError, match="wrong key"):
            await Adder(stage.url).connect()


@in_loop
async def test_a_redirect_is_not_followed() -> None:
    def send_away(connection: Any, request: Any) -> Any:
        response = connection.respond(HTTPStatus.FOUND, "")
        response.headers["Location"] = "ws://127.0.0.1:1/ws"
        return response

    async with scripted(process_request=send_away) as stage:
        with pytest.raises(ConnectError, match="redirects to ws://127"):
            await Adder(stage.url, api_key="secret").connect()


@pytest.mark.parametrize("status", [HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN])
@pytest.mark.parametrize(("path", "hint"), [("", "is the server running"), ("/foo", "without a path of its own")])
@in_loop
async def test_an_address_without_a_websocket_is_a_connection_error(status: HTTPStatus, path: str, hint: str) -> None:
    def nothing_here(connection: Any, request: Any) -> Any:
        return connection.respond(status, "")

    async with scripted(process_request=nothing_here) as stage:
        with pytest.raises(ConnectError, match=f"HTTP {status.value}, not with a WebSocket") as caught:
            await Adder(stage.url + path).connect()
        assert hint in str(caught.value.hint)


def test_a_path_that_the_server_does_not_have_is_not_blamed_on_the_key() -> None:
    with serving(Puppet) as served, pytest.raises(ConnectError, match="not with a WebSocket") as caught:
        GenericEnvClient(f"{served.url}/foo").sync().connect()
    assert "base_url is where the server begins" in str(caught.value.hint)


@in_loop
async def test_no_server_is_a_connection_error_that_says_where() -> None:
    async with scripted() as stage:
        url = stage.url
    with pytest.raises(
        ConnectError, match=r"Failed to connect to ws://127\.0\.0\.1:\d+/ws: nothing listens there"
    ) as caught:
        await Adder(url.replace("//", "//me:secret@")).connect()
    assert "is the server running" in str(caught.value.hint)
    assert caught.value.data["refused"]


@pytest.mark.parametrize(
    ("parts", "refused"),
    [
        ([errno.ECONNREFUSED, errno.ECONNREFUSED], True),
        ([errno.ECONNREFUSED, errno.EADDRNOTAVAIL], True),
        ([errno.ECONNREFUSED, errno.EMFILE], False),
        ([errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT], False),
    ],
)
@in_loop
async def test_a_name_with_several_addresses_refuses_where_nothing_listens_on_any(
    monkeypatch: pytest.MonkeyPatch, parts: list[int], refused: bool
) -> None:
    async def connect(*_: Any, **__: Any) -> Any:
        said = ", ".join(str(OSError(number, f"at address {place}")) for place, number in enumerate(parts))
        raise OSError(f"Multiple exceptions: {said}")

    # Which addresses a name has, and what each of them says, is the machine's.
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", connect)
    with pytest.raises(ConnectError) as caught:
        await Adder("http://localhost:1").connect()
    assert caught.value.data["refused"] is refused
    assert ("nothing listens there" in caught.value.message) is refused


@in_loop
async def test_a_client_without_a_file_to_spare_does_not_blame_the_server() -> None:
    async with scripted() as stage:
        with no_files_to_spare(), pytest.raises(ConnectError, match="Too many open files") as caught:
            await Adder(stage.url).connect()
    assert not caught.value.data["refused"]
    assert "ulimit -n" in str(caught.value.hint)


@in_loop
async def test_a_host_that_nobody_knows_is_a_connection_error() -> None:
    with pytest.raises(ConnectError, match="name of the host is not known") as caught:
        await Adder("http://nowhere.invalid").connect()
    assert "spelling" in str(caught.value.hint)


@in_loop
async def test_a_server_that_does_not_answer_the_handshake_is_given_up() -> None:
    async with listening(lambda reader, writer: reader.read()) as port:
        with pytest.raises(ConnectError, match=r"no answer within 0\.05 s"):
            await Adder(f"http://127.0.0.1:{port}", connect_timeout_s=SHORT_S).connect()


@in_loop
async def test_https_to_a_plain_server_says_so() -> None:
    async with scripted() as stage:
        with pytest.raises(ConnectError) as caught:
            await Adder(stage.url.replace("http:", "https:")).connect()
        assert "begins with http://" in str(caught.value.hint)


@pytest.mark.parametrize("answer", [b"", b"\x15\x03\x01\x00\x02\x02\x46"], ids=["hangs up", "TLS alert"])
@in_loop
async def test_http_to_a_tls_server_says_so(answer: bytes) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with listening(refuse) as port:
        with pytest.raises(ConnectError) as caught:
            await Adder(f"http://127.0.0.1:{port}").connect()
        assert "begins with https://" in str(caught.value.hint)


@asynccontextmanager
async def listening(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]],
) -> AsyncIterator[int]:
    """Listen for something that is no WebSocket; gives the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
