"""What a client does when its server, or what lies between, misbehaves."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest
from scripted import PATIENCE_S, Add, Adder, Peer, in_loop, no_files_to_spare, scripted

from openenv.client.address import WebSocketSettings, websocket_url
from openenv.client.link import Link
from openenv.client.websocket import WebSocketTransport, open_websocket
from openenv.errors import (
    ConnectError,
    InvalidResultError,
    OpenEnvError,
    RequestValidationError,
    ServerDrainingError,
    SessionError,
    SessionExpiredError,
    SessionNotFoundError,
    SessionSupersededError,
)

SHORT_S = 0.05


@in_loop
async def test_a_request_whose_reply_was_lost_is_repeated_in_the_resumed_session() -> None:
    frames: list[Any] = []

    async def first(peer: Peer) -> None:
        await peer.greet()
        frames.append(await peer.take())
        peer.cut()

    async def second(peer: Peer) -> None:
        frames.append(await peer.greet(last_id=1))
        frames.append(await peer.answer(total=7))
        await peer.stay()

    async with scripted(first, second) as stage, Adder(stage.url) as env:
        result = await env.step(Add(x=3))
    assert result.observation.total == 7
    step = {"type": "step", "id": 1, "data": {"metadata": {}, "x": 3}}
    resume = {"type": "resume", "data": {"session_id": "s", "session_token": "t"}}
    assert frames == [step, resume, step]


@in_loop
async def test_a_connection_lost_between_calls_is_taken_up_at_once() -> None:
    resumed = asyncio.Event()

    async def first(peer: Peer) -> None:
        await peer.greet()
        peer.cut()

    async def second(peer: Peer) -> None:
        await peer.greet()
        resumed.set()
        await peer.answer(total=1)

    async with scripted(first, second) as stage, Adder(stage.url) as env:
        await resumed.wait()
        assert (await env.reset()).observation.total == 1


@pytest.mark.parametrize("greeted", [False, True], ids=["while resuming", "as soon as it is resumed"])
@in_loop
async def test_a_connection_that_breaks_again_is_tried_again(greeted: bool) -> None:
    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        peer.cut()

    async def second(peer: Peer) -> None:
        await (peer.greet() if greeted else peer.take())
        peer.cut()

    async def third(peer: Peer) -> None:
        await peer.greet()
        await peer.answer(total=2)

    async with scripted(first, second, third) as stage, Adder(stage.url) as env:
        assert (await env.reset()).observation.total == 2


@in_loop
async def test_a_session_that_is_gone_is_a_typed_error_until_a_fresh_one_is_asked_for() -> None:
    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        peer.cut()

    async def second(peer: Peer) -> None:
        await peer.take()
        await peer.error("SESSION_NOT_FOUND")
        await peer.socket.close(1008)

    async def third(peer: Peer) -> None:
        assert (await peer.greet())["type"] == "open"
        await peer.answer(total=3)
        await peer.stay()

    async with scripted(first, second, third) as stage, Adder(stage.url) as env:
        for _ in range(3):
            with pytest.raises(SessionNotFoundError):
                await env.reset()
        assert stage.connections == 2
        await env.connect()
        assert (await env.reset()).observation.total == 3


@in_loop
async def test_a_session_that_cannot_be_resumed_in_time_is_a_connection_error() -> None:
    async def only(peer: Peer) -> None:
        await peer.greet(resume_window_s=SHORT_S)
        await peer.take()
        peer.cut()

    async with scripted(only) as stage, Adder(stage.url) as env:
        with pytest.raises(ConnectError, match="could not be resumed") as caught:
            await env.reset()
        assert isinstance(caught.value, ConnectionError)
        with pytest.raises(ConnectError):
            await env.step(Add())


@in_loop
async def test_a_server_on_this_machine_that_listens_no_more_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    # More tries than these would take longer than a test may.
    monkeypatch.setattr("openenv.client.link.RESUME_DELAYS_S", (0.0, 0.0, 0.0, 2 * PATIENCE_S))
    asked = asyncio.Event()

    async def only(peer: Peer) -> None:
        await peer.greet(resume_window_s=10 * PATIENCE_S)
        await peer.take()
        asked.set()
        await peer.stay()

    async with scripted(only, close_timeout=0) as stage:
        env = Adder(stage.url)
        reset = asyncio.ensure_future(env.reset())
        await asked.wait()
        stage.vanish()
        with pytest.raises(ConnectError, match=f"server at ws{stage.url[4:]}/ws is gone") as caught:
            await reset
        assert str(caught.value.hint).startswith("start the server again; connect() opens a fresh session. ")
        assert "isolation='process'" in str(caught.value.hint)


@in_loop
async def test_a_client_without_a_file_to_spare_goes_on_trying_to_resume(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openenv.client.link.RESUME_DELAYS_S", (0.0,) * 6)

    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        peer.cut()

    async def second(peer: Peer) -> None:
        await peer.greet(last_id=1)
        await peer.answer(total=7)
        await peer.stay()

    async with scripted(first, second) as stage:
        tries = 0

        async def connector() -> WebSocketTransport:
            nonlocal tries
            tries += 1
            with no_files_to_spare() if 1 < tries < 6 else nullcontext():
                return await open_websocket(websocket_url(stage.url), WebSocketSettings())

        link = Link(connector, PATIENCE_S)
        await link.open()
        assert b'"total":7' in (await link.request("reset", None)).replace(b" ", b"")
        assert tries == 6
        await link.close()


@in_loop
async def test_whatever_fails_while_resuming_reaches_who_waits() -> None:
    async def only(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        peer.cut()

    async with scripted(only) as stage:
        opened = 0

        async def connector() -> WebSocketTransport:
            nonlocal opened
            opened += 1
            if opened == 2:
                raise LookupError("no such thing")
            return await open_websocket(websocket_url(stage.url), WebSocketSettings())

        link = Link(connector, PATIENCE_S)
        await link.open()
        for _ in range(2):
            with pytest.raises(SessionError, match="resuming the session failed with LookupError") as caught:
                await link.request("reset", None)
            assert isinstance(caught.value.__cause__, LookupError)


@pytest.mark.parametrize(
    ("code", "expected"),
    [(1000, SessionExpiredError), (1001, ServerDrainingError), (1008, SessionError), (4001, SessionSupersededError)],
)
@in_loop
async def test_a_final_close_ends_the_session(code: int, expected: type[OpenEnvError]) -> None:
    async def only(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        await peer.socket.close(code)

    async with scripted(only) as stage, Adder(stage.url) as env:
        with pytest.raises(expected):
            await env.reset()
        with pytest.raises(expected):
            await env.reset()
        assert stage.connections == 1


@in_loop
async def test_a_draining_server_is_left_alone() -> None:
    async def only(peer: Peer) -> None:
        await peer.greet()
        await peer.error("DRAINING")
        await peer.socket.close(1001)

    async with scripted(only) as stage, Adder(stage.url) as env:
        with pytest.raises(ServerDrainingError, match="said so"):
            await env.reset()
        assert stage.connections == 1


@in_loop
async def test_a_frame_that_the_server_finds_too_large_is_an_error_and_the_session_plays_on() -> None:
    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.answer()
        await peer.take()

    async def second(peer: Peer) -> None:
        await peer.greet(last_id=1)
        assert (await peer.answer(total=5))["id"] == 2

    async with scripted(first, second, max_size=1000) as stage, Adder(stage.url) as env:
        await env.reset()
        with pytest.raises(RequestValidationError, match="larger than the server takes"):
            await env.reset(note="x" * 2000)
        assert (await env.step(Add())).observation.total == 5


@in_loop
async def test_what_the_server_said_is_too_large_is_not_even_sent() -> None:
    async def only(peer: Peer) -> None:
        await peer.greet(max_message_bytes=500)
        assert (await peer.answer(total=5))["id"] == 1

    async with scripted(only) as stage, Adder(stage.url) as env:
        with pytest.raises(RequestValidationError, match="at most 500"):
            await env.reset(note="x" * 2000)
        assert (await env.reset()).observation.total == 5


@in_loop
async def test_a_reply_larger_than_the_limit_is_an_error_and_the_session_plays_on() -> None:
    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        await peer.send("observation", {"observation": {"total": 1}, "metadata": {"text": "x" * 5000}}, id=1)
        await peer.stay()

    async def second(peer: Peer) -> None:
        await peer.greet(last_id=1)
        assert (await peer.answer(total=5))["id"] == 2

    async with scripted(first, second) as stage, Adder(stage.url, max_message_size_mb=0.002) as env:
        with pytest.raises(InvalidResultError, match="max_message_size_mb"):
            await env.reset()
        assert (await env.step(Add())).observation.total == 5


@in_loop
async def test_a_server_that_does_not_greet_again_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openenv.client.link.WAIT_FOR_SLOT_S", 0.0)

    async def first(peer: Peer) -> None:
        await peer.greet()
        peer.cut()

    async def second(peer: Peer) -> None:
        await peer.take()
        await peer.stay()
        assert peer.socket.close_code == 1006  # so that the session is kept

    async def third(peer: Peer) -> None:
        await peer.greet()
        resumed.set()
        await peer.answer(total=6)

    resumed = asyncio.Event()
    async with scripted(first, second, third) as stage, Adder(stage.url, message_timeout_s=SHORT_S) as env:
        await resumed.wait()
        assert (await env.reset()).observation.total == 6


@in_loop
async def test_a_lost_v1_connection_is_a_lost_session() -> None:
    async def only(peer: Peer) -> None:
        await peer.answer()
        await peer.take()
        peer.cut()

    async with scripted(only, speaks_v2=False) as stage, Adder(stage.url) as env:
        await env.reset()
        for _ in range(2):
            with pytest.raises(SessionExpiredError) as caught:
                await env.step(Add())
            assert caught.value.data["reason"] == "lost"
        assert stage.connections == 1


@in_loop
async def test_a_server_that_does_not_answer_pings_is_left_and_the_session_resumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("openenv.client.websocket._CLOSE_TIMEOUT_S", SHORT_S)

    async def first(peer: Peer) -> None:
        await peer.greet()
        peer.socket.transport.pause_reading()
        await peer.stay()

    async def second(peer: Peer) -> None:
        await peer.greet()
        await peer.answer(total=4)

    pings = {"websocket_ping_interval_s": SHORT_S, "websocket_ping_timeout_s": SHORT_S}
    async with scripted(first, second) as stage, Adder(stage.url, **pings) as env:  # type: ignore[arg-type]
        assert (await env.reset()).observation.total == 4


@in_loop
async def test_a_message_in_fragments_is_put_together() -> None:
    async def only(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        await peer.socket.send(['{"type":"observation","id":1,', '"data":{"observation":', '{"total":9}}}'])

    async with scripted(only) as stage, Adder(stage.url) as env:
        assert (await env.reset()).observation.total == 9


@in_loop
async def test_garbage_ends_the_session_with_a_typed_error() -> None:
    async def only(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        await peer.socket.send("I am not JSON")
        await peer.stay()

    async with scripted(only) as stage, Adder(stage.url) as env:
        with pytest.raises(SessionError, match="not an OpenEnv frame"):
            await env.reset()
