"""What a server that hangs up, or says nothing, is to those who ask it something."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
from support.puppets import PATIENCE_S, LonelyPuppet
from support.serving import serving, until
from websockets.protocol import State

from openenv.validation.check import ProbeError
from openenv.validation.serving.web import Web
from openenv.validation.serving.wire import connected

SHORT_S = 0.05


@contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """Listen for one connection, and answer so and hang up, or not at all; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as asked:
                while asked.readline() not in (b"\r\n", b""):
                    pass
                if answer is None:
                    asked.read()  # until the other end gives up
                else:
                    connection.sendall(answer)

        server = Thread(target=serve)
        server.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.join()


def get(url: str, timeout_s: float) -> None:
    Web(url, timeout_s).get("/health")


def open_websocket(url: str, timeout_s: float) -> None:
    with connected(url, timeout_s, offer=True):
        pass


@pytest.mark.parametrize("ask", [get, open_websocket])
@pytest.mark.parametrize(
    ("answer", "timeout_s", "lost"),
    [
        (b"", PATIENCE_S, True),
        (None, SHORT_S, False),
        (b"no HTTP at all\r\n\r\n", PATIENCE_S, False),
    ],
    ids=["hangs up", "says nothing", "says something else"],
)
def test_only_a_connection_that_ended_without_an_answer_is_lost(
    ask: Callable[[str, float], None], answer: bytes | None, timeout_s: float, lost: bool
) -> None:
    with answering(answer) as url, pytest.raises(ProbeError) as caught:
        ask(url, timeout_s)
    assert caught.value.lost is lost
    assert caught.value.finding("GET /health", after="that").lost is lost


def test_where_nothing_listens_the_connection_is_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    for ask in (get, open_websocket):
        with pytest.raises(ProbeError) as caught:
            ask(url, PATIENCE_S)
        assert caught.value.lost


def test_a_connection_that_is_cut_at_any_moment_while_it_opens_is_lost() -> None:
    cut = struct.pack("ii", 1, 0)  # without the usual farewell
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):  # when nobody listens any more
                while True:
                    connection, _ = listening.accept()
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, cut)
                    connection.close()

        server = Thread(target=serve)
        server.start()
        for _ in range(200):  # which moment it is depends on chance
            with pytest.raises(ProbeError) as caught:
                open_websocket(f"http://127.0.0.1:{listening.getsockname()[1]}", PATIENCE_S)
            assert caught.value.lost
        listening.shutdown(socket.SHUT_RDWR)
        server.join()


def test_a_server_that_hangs_up_before_it_is_asked_is_heard_all_the_same() -> None:
    with serving(LonelyPuppet) as served, served.http() as http:
        assert http.post("/sessions").status_code == 201  # which takes the only slot
        with connected(served.url, PATIENCE_S, offer=False) as refused:
            until(lambda: refused._connection.state is State.CLOSED)
            assert refused.ask({"type": "state"}).code == "CAPACITY_REACHED"


@contextmanager
def dripping() -> Iterator[str]:
    """Answer one request with a body that never ends, a few bytes at a time; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                for _ in range(1_000_000):
                    connection.sendall(b" ")
                    time.sleep(SHORT_S / 5)

        server = Thread(target=serve)
        server.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.join()


def test_the_wait_is_for_a_whole_answer() -> None:
    with dripping() as url, pytest.raises(ProbeError, match="was not answered within"):
        get(url, SHORT_S)
