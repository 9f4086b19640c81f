"""A server that is asked to stop lets episodes end first: with real processes and real signals."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.processes import Fifo, ServerProcess, server_process
from support.wire import V2Client, code_of, request, v1, v2


@pytest.fixture
def pipes(tmp_path: Path) -> Iterator[Fifo]:
    pipe = Fifo(tmp_path / "held")
    os.mkfifo(tmp_path / "held.go")
    yield pipe
    pipe.close()


def let_go(pipe: Fifo) -> None:
    Path(f"{pipe.path}.go").write_bytes(b"go")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


def opened(stack: ExitStack, server: ServerProcess) -> V2Client:
    return stack.enter_context(v2(server.ws)).open()


def hold(client: V2Client, number: int, pipe: Fifo) -> None:
    """Begin a step that ends when the test says so, and wait until it has begun."""
    client.send(request("step", number, {"do": "hold", "name": pipe.path}))
    assert pipe.read()


def frames_and_code(client: Any) -> tuple[list[str], int]:
    frames, code = client.ending()
    return [code_of(frame) for frame in frames], code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("puppet", ["Puppet", "InlinePuppet"])
def test_episodes_end_and_all_others_are_told(log: Path, number: int, puppet: str) -> None:
    with server_process(log, SERVED_PUPPET=puppet) as server, ExitStack() as stack:
        idle, over, playing = (opened(stack, server) for _ in range(3))
        old = stack.enter_context(v1(server.ws))
        old.ask({"type": "reset"})
        over.reset()
        over.step(2, "end")
        playing.reset()
        server.signal(number)
        assert frames_and_code(idle) == (["DRAINING"], 1001)
        assert frames_and_code(over) == (["DRAINING"], 1001)
        with server.http() as http:
            ready = http.get("/ready")
            assert (ready.status_code, ready.json()["status"]) == (503, "draining")
            assert http.get("/health").status_code == 200
            refused = http.post("/sessions")
            assert (refused.status_code, refused.json()["code"]) == (503, "DRAINING")
        with v2(server.ws) as late:
            late.send({"type": "open", "data": {"wait_s": 30}})
            assert frames_and_code(late) == (["DRAINING"], 1001)
        with v1(server.ws) as late_old:
            assert frames_and_code(late_old) == (["DRAINING"], 1000)
        for step in range(2, 5):
            assert playing.step(step)["type"] == "observation"
        assert playing.step(5, "end")["data"]["done"] is True
        assert frames_and_code(playing) == (["DRAINING"], 1001)
        assert old.ask({"type": "step", "data": {"do": "end"}})["data"]["done"] is True
        assert frames_and_code(old) == (["DRAINING"], 1000)
        assert server.exit_code() == 0


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_step_that_runs_is_answered(log: Path, pipes: Fifo, isolation: str) -> None:
    with server_process(log, OPENENV_ISOLATION=isolation) as server, ExitStack() as stack:
        idle, busy = opened(stack, server), opened(stack, server)
        busy.reset()
        hold(busy, 2, pipes)
        server.signal(signal.SIGTERM)
        assert frames_and_code(idle) == (["DRAINING"], 1001)
        let_go(pipes)
        assert busy.receive()["data"]["observation"]["steps"] == 1
        assert busy.step(3, "truncate")["data"]["truncated"] is True
        assert frames_and_code(busy) == (["DRAINING"], 1001)
        assert server.exit_code() == 0


def test_a_step_over_http_is_answered(log: Path, pipes: Fifo) -> None:
    with server_process(log) as server, ExitStack() as stack, server.http() as http:
        idle = opened(stack, server)
        made = http.post("/sessions").json()
        path, headers = f"/sessions/{made['session_id']}", {"X-OpenEnv-Session": made["session_token"]}
        http.post(f"{path}/reset", headers=headers)
        answers: list[Any] = []
        action = {"action": {"do": "hold", "name": pipes.path}}
        step = threading.Thread(target=lambda: answers.append(http.post(f"{path}/step", json=action, headers=headers)))
        step.start()
        assert pipes.read()
        server.signal(signal.SIGTERM)
        assert frames_and_code(idle) == (["DRAINING"], 1001)
        let_go(pipes)
        step.join()
        assert answers[0].json()["observation"]["steps"] == 1
        assert server.exit_code() == 0


@pytest.mark.parametrize("path", ["/sessions", "/step"])
def test_a_request_that_is_cut_short_is_told_so_and_is_no_error_of_the_app(log: Path, path: str) -> None:
    with server_process(log, OPENENV_DRAIN_TIMEOUT_S="600") as server, ExitStack() as stack:
        idle, playing = opened(stack, server), opened(stack, server)
        playing.reset()
        asking = stack.enter_context(socket.create_connection(server.address.split(":")))
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
        asking.sendall(f"{head}{{".encode())  # the rest never comes
        server.signal(signal.SIGTERM)
        assert frames_and_code(idle) == (["DRAINING"], 1001)
        server.signal(signal.SIGTERM)
        answer = asking.makefile("rb").read().decode()
        assert answer.startswith("HTTP/1.1 503 ")
        assert '"code":"DRAINING"' in answer
        assert server.exit_code() == 0
    assert "Exception" not in server.log


def test_those_who_wait_for_a_slot_are_told(log: Path) -> None:
    with server_process(log, OPENENV_MAX_SESSIONS="1") as server, ExitStack() as stack:
        holder = opened(stack, server)
        holder.reset()
        waiting = stack.enter_context(v2(server.ws))
        assert waiting.ask({"type": "open", "data": {"wait_s": 60}})["type"] == "queued"
        server.signal(signal.SIGTERM)
        assert frames_and_code(waiting) == (["DRAINING"], 1001)
        assert holder.step(2, "end")["data"]["done"] is True
        assert server.exit_code() == 0


def test_who_was_cut_off_does_not_hold_the_server_up(log: Path) -> None:
    with server_process(log) as server, ExitStack() as stack:
        gone, playing = opened(stack, server), opened(stack, server)
        gone.reset()
        playing.reset()
        gone.cut()
        server.signal(signal.SIGTERM)
        assert playing.step(2, "end")["data"]["done"] is True
        assert server.exit_code() == 0


def test_an_episode_that_does_not_end_is_cut_short(log: Path) -> None:
    with server_process(log, OPENENV_DRAIN_TIMEOUT_S="0.2") as server, ExitStack() as stack:
        playing = opened(stack, server)
        playing.reset()
        server.signal(signal.SIGTERM)
        assert frames_and_code(playing) == (["DRAINING"], 1001)
        assert server.exit_code() == 0


def test_a_second_signal_stops_at_once(log: Path) -> None:
    with server_process(log, OPENENV_DRAIN_TIMEOUT_S="600") as server, ExitStack() as stack:
        idle, playing = opened(stack, server), opened(stack, server)
        playing.reset()
        server.signal(signal.SIGTERM)
        assert frames_and_code(idle) == (["DRAINING"], 1001)
        server.signal(signal.SIGTERM)
        assert server.exit_code() == 0
        assert playing.ending()[1] in (1001, 1012)


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_an_environment_that_does_not_return_is_left_behind(log: Path, pipes: Fifo, isolation: str) -> None:
    limits = {"OPENENV_DRAIN_TIMEOUT_S": "0.1", "OPENENV_CLOSE_TIMEOUT_S": "0.1"}
    with server_process(log, OPENENV_ISOLATION=isolation, **limits) as server, ExitStack() as stack:
        stuck = opened(stack, server)
        stuck.reset()
        hold(stuck, 2, pipes)
        server.signal(signal.SIGTERM)
        assert frames_and_code(stuck) == (["DRAINING"], 1001)
        assert server.exit_code() == 0


def test_no_process_outlives_its_server(log: Path, pipes: Fifo) -> None:
    with server_process(log, OPENENV_ISOLATION="process") as server, ExitStack() as stack:
        for _ in range(3):
            client = opened(stack, server)
            client.reset()
            assert client.step(2, "breed", name=pipes.path)["type"] == "observation"
            client.step(3, "end")
        server.signal(signal.SIGTERM)
        assert server.exit_code() == 0
        assert pipes.read() == ""


def test_a_server_stops_with_whoever_started_it(log: Path) -> None:
    reader, writer = os.pipe()
    with server_process(log, "--parent-fd", str(reader), pass_fds=(reader,)) as server, ExitStack() as stack:
        idle = opened(stack, server)
        os.close(reader)
        os.close(writer)
        assert frames_and_code(idle) == (["DRAINING"], 1001)
        assert server.exit_code() == 0
