"""What an environment does wrong reaches its own client as a typed error, and nobody else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.processes import Fifo
from support.puppets import (
    FOREIGN,
    AsyncPuppet,
    BrokenPuppet,
    CrashingPuppet,
    InlinePuppet,
    Puppet,
    turnstiles,
)
from support.serving import LogTap, Served, serving, tapped_log
from support.wire import V2Client, code_of, error_of, request, v1, v2

SERVERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "thread": (Puppet, {"isolation": "thread"}),
    "inline": (InlinePuppet, {}),
    "async": (AsyncPuppet, {}),
    "process": (Puppet, {"isolation": "process"}),
}


@pytest.fixture(scope="module", params=SERVERS)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    kind, settings = SERVERS[request.param]
    with serving(kind, close_timeout_s=0.1, **settings) as server:
        yield server


@pytest.fixture(scope="module")
def isolated() -> Iterator[Served]:
    with serving(Puppet, isolation="process", close_timeout_s=0.1) as server:
        yield server


@contextmanager
def beside_others(served: Served) -> Iterator[tuple[V2Client, LogTap]]:
    """A session to be ruined, between two that must not notice; nothing but the fault may be logged."""
    with tapped_log() as log, v2(served.ws) as other, v1(served.ws) as old, v2(served.ws) as ruined:
        other.open().reset()
        old.ask({"type": "reset"})
        ruined.open().reset()
        yield ruined, log
        assert other.step(2)["data"]["observation"]["steps"] == 1
        step = {"type": "step", "data": {"amount": 1}}
        assert old.ask(step)["data"]["observation"]["steps"] == 1
        with v2(served.ws) as newcomer:
            assert newcomer.open().reset()["type"] == "observation"


def assert_logged_once(log: LogTap, client: V2Client) -> None:
    (line,) = log.find("Traceback")
    assert client.session["session_id"] in line


def test_a_step_that_raises(served: Served) -> None:
    with beside_others(served) as (client, log):
        for number, error in enumerate(FOREIGN, 1):
            assert (error, code_of(client.step(2 * number, "raise", name=error))) == (error, "EXECUTION_ERROR")
            assert len(log.find("Traceback", client.session["session_id"])) == len(log.find("Traceback")) == number
            assert client.step(2 * number + 1)["data"]["observation"]["steps"] == number


def test_a_reset_that_raises(served: Served) -> None:
    with beside_others(served) as (client, log):
        assert code_of(client.reset(2, then="RecursionError")) == "EXECUTION_ERROR"
        assert_logged_once(log, client)
        assert client.reset(3)["type"] == "observation"


def test_a_state_that_fails(served: Served) -> None:
    with beside_others(served) as (client, log):
        for number, error in enumerate(("ValueError", "SystemExit", "wrong type"), 1):
            client.step(2 * number, "spoil_state", name=error)
            expected = "INVALID_RESULT" if error == "wrong type" else "EXECUTION_ERROR"
            assert code_of(client.request("state", 2 * number + 1)) == expected
            assert len(log.find("puppets.py", client.session["session_id"])) == number
        assert client.step(8)["type"] == "observation"


@pytest.mark.parametrize("error", ["ValueError", "SystemExit", "KeyboardInterrupt"])
def test_a_close_that_raises(served: Served, error: str) -> None:
    with beside_others(served) as (client, log):
        client.step(2, "spoil_close", name=error)
        client.send(request("close", 3))
        assert client.ending() == ([], 1000)
        log.wait_for("ended", client.session["session_id"])
        assert_logged_once(log, client)


def test_a_result_of_the_wrong_kind(served: Served) -> None:
    with beside_others(served) as (client, log):
        for number, (do, name) in enumerate([("babble", "dict"), ("babble", "none"), ("nan", "")], 2):
            assert code_of(client.step(number, do, name=name)) == "INVALID_RESULT"
        assert len(log.find("puppets.py", client.session["session_id"])) == 3
        assert client.step(5)["type"] == "observation"


def test_running_out_of_memory(served: Served) -> None:
    with beside_others(served) as (client, log):
        client.send(request("step", 2, {"do": "raise", "name": "MemoryError"}))
        frames, code = client.ending()
        assert ([code_of(frame) for frame in frames], frames[0]["id"], code) == (["ENVIRONMENT_CRASHED"], 2, 1011)
        log.wait_for("ended: environment_crashed", client.session["session_id"])


# An environment that never returns


def test_a_step_that_never_returns_in_a_thread() -> None:
    turnstile = turnstiles.named("never returns")
    with serving(Puppet, isolation="thread", step_timeout_s=0.1, close_timeout_s=0.1) as served:
        with beside_others(served) as (client, log):
            client.send(request("step", 2, {"do": "wait", "name": "never returns"}))
            frames, code = client.ending()
            assert ([code_of(frame) for frame in frames], frames[0]["id"], code) == (["TIMEOUT"], 2, 1011)
            log.wait_for("stuck", client.session["session_id"])
        with v2(served.ws) as again:
            assert error_of(again.resume(client.session))["reason"] == "timeout"
        turnstile.open()


def test_a_step_that_never_returns_in_a_process(isolated: Served) -> None:
    with beside_others(isolated) as (client, log):
        client.send(request("step", 2, {"do": "spin"}, timeout_s=0.2))
        frames, code = client.ending()
        assert ([code_of(frame) for frame in frames], code) == (["TIMEOUT"], 1011)
        log.wait_for("ended: timeout", client.session["session_id"])
        assert not log.find("stuck")


def test_v1_sessions_have_deadlines_too() -> None:
    with serving(AsyncPuppet, step_timeout_s=0.1) as served, v1(served.ws) as client:
        client.ask({"type": "reset"})
        client.send({"type": "step", "data": {"do": "linger"}})
        frames, code = client.ending()
        assert ([code_of(frame) for frame in frames], code) == (["TIMEOUT"], 1000)


# Processes


@pytest.mark.parametrize(("do", "status"), [("exit", 3), ("kill", -signal.SIGKILL)])
def test_a_process_that_ends_in_a_step(isolated: Served, do: str, status: int) -> None:
    with beside_others(isolated) as (client, log):
        client.send(request("step", 2, {"do": do, "amount": 3}))
        frames, code = client.ending()
        assert ([code_of(frame) for frame in frames], code) == (["ENVIRONMENT_CRASHED"], 1011)
        assert frames[0]["data"]["exit_status"] == status
        log.wait_for("ended: environment_crashed", client.session["session_id"])


def test_a_process_that_is_killed_in_the_middle_of_a_step(isolated: Served, tmp_path: Path) -> None:
    fifo = Fifo(tmp_path / "spinning")
    with beside_others(isolated) as (client, _):
        client.send(request("step", 2, {"do": "spin", "name": fifo.path}))
        os.kill(int(fifo.read()), signal.SIGKILL)
        frames, code = client.ending()
        assert ([code_of(frame) for frame in frames], code) == (["ENVIRONMENT_CRASHED"], 1011)
    fifo.close()


def test_a_client_that_is_away_when_its_process_dies_is_told_when_it_comes_back(
    isolated: Served, tmp_path: Path
) -> None:
    fifo = Fifo(tmp_path / "spinning")
    with beside_others(isolated) as (client, log):
        client.send(request("step", 2, {"do": "spin", "name": fifo.path}))
        pid = int(fifo.read())
        client.cut()
        log.wait_for("connection lost", client.session["session_id"])
        os.kill(pid, signal.SIGKILL)
        log.wait_for("ended: environment_crashed", client.session["session_id"])
        with v2(isolated.ws) as again:
            answer = error_of(again.resume(client.session))
            assert (answer["code"], answer["reason"]) == ("SESSION_EXPIRED", "environment_crashed")
    fifo.close()


def test_a_v1_session_whose_process_dies(isolated: Served) -> None:
    with v1(isolated.ws) as client:
        client.ask({"type": "reset"})
        client.send({"type": "step", "data": {"do": "exit"}})
        frames, code = client.ending()
        assert ([code_of(frame) for frame in frames], code) == (["ENVIRONMENT_CRASHED"], 1000)


# Environments that cannot be made


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_an_environment_that_cannot_be_made(isolation: str) -> None:
    with serving(BrokenPuppet, isolation=isolation, max_sessions=1) as served:
        for _ in range(3):  # the slot is free again each time
            with v2(served.ws) as client, tapped_log() as log:
                client.send({"type": "open", "data": {"wait_s": 30}})
                frames, code = client.ending()
                failure = error_of(frames[-1])
                assert (failure["code"], failure["factory_name"], code) == ("FACTORY_ERROR", "BrokenPuppet", 1011)
                assert len(log.find("Traceback", "the puppet's secret")) == 1
                log.wait_for("ended: failed to open")
        with v1(served.ws) as client:
            frames, code = client.ending()
            assert code == 1000
            assert frames[0]["data"] == {
                "message": "Environment factory 'BrokenPuppet' failed to create instance.",
                "code": "FACTORY_ERROR",
                "factory_name": "BrokenPuppet",
            }


def test_an_environment_whose_making_ends_its_process() -> None:
    with serving(CrashingPuppet, isolation="process", max_sessions=1) as served:
        for _ in range(3):
            with v2(served.ws) as client:
                client.send({"type": "open", "data": {"wait_s": 30}})
                frames, code = client.ending()
                assert (code_of(frames[-1]), code) == ("ENVIRONMENT_CRASHED", 1011)
                assert frames[-1]["data"]["exit_status"] == 5
