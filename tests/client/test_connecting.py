"""From an address to a session, and what stands in the way."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import pytest
from scripted import Adder, Peer, in_loop, scripted

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


@in_loop
async def test_a_web_server_without_environment_is_a_connection_error() -> None:
    def not_found(connection: Any, request: Any) -> Any:
        return connection.respond(HTTPStatus.NOT_FOUND, "nothing here")

    async with scripted(process_request=not_found) as stage:
        with pytest.raises(ConnectError, match="HTTP 404"):
            await Adder(stage.url).connect()


@in_loop
async def test_no_server_is_a_connection_error_that_says_where() -> None:
    async with scripted() as stage:
        url = stage.url
    with pytest.raises(ConnectError, match=r"Failed to connect to ws://127\.0\.0\.1:\d+/ws"):
        await Adder(url).connect()
