"""The whole loop over plain HTTP: retries are safe, and every error has a code."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from support.puppets import AsyncPuppet, BrokenPuppet, InlinePuppet, Puppet, journal, turnstiles
from support.serving import Served, serving, tapped_log, until

DEEP = '{"action": ' + '{"metadata": ' * 10_000 + "1" + "}" * 10_001


class Play:
    """One session, played with a plain HTTP client."""

    def __init__(self, http: httpx.Client, made: httpx.Response) -> None:
        assert made.status_code == 201, made.text
        self.http = http
        self.made = made.json()
        self.path = f"/sessions/{self.made['session_id']}"
        self.headers = {"X-OpenEnv-Session": self.made["session_token"]}

    def post(self, what: str, body: Any = None, **options: Any) -> httpx.Response:
        content = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
        return self.http.post(f"{self.path}/{what}", content=content, headers=self.headers, **options)

    def step(self, do: str = "add", *, request_id: str | None = None, **action: Any) -> httpx.Response:
        named = {} if request_id is None else {"request_id": request_id}
        return self.post("step", {"action": {"do": do, **action}, **named})

    def get(self, what: str = "") -> httpx.Response:
        return self.http.get(self.path + what, headers=self.headers)

    def delete(self) -> httpx.Response:
        return self.http.delete(self.path, headers=self.headers)


@pytest.fixture
def play(everywhere: Served) -> Iterator[Play]:
    with everywhere.http() as http:
        playing = Play(http, http.post("/sessions"))
        yield playing
        playing.delete()


@pytest.fixture
def threaded(serve: Any) -> Iterator[Play]:
    with serve(Puppet, isolation="thread").http() as http:
        playing = Play(http, http.post("/sessions"))
        yield playing
        playing.delete()


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert body.keys() == {"code", "message", "detail", "correlation_id"}
    assert body["message"]
    return body


def test_an_episode_is_played(play: Play) -> None:
    assert play.made.keys() == {"session_id", "session_token", "expires_in_s"}
    assert play.made["expires_in_s"] == 900.0
    first = play.post("reset", {"seed": 5, "episode_id": "e"})
    assert (first.status_code, first.headers["content-type"]) == (200, "application/json")
    assert first.json()["observation"]["total"] == 5
    result = play.step(amount=2).json()
    assert result.keys() == {"observation", "reward", "done", "terminated", "truncated", "metadata"}
    assert (result["observation"]["total"], result["reward"], result["done"]) == (7, 2.0, False)
    assert play.get("/state").json() == {"episode_id": "e", "step_count": 1}
    assert play.get().json() == {
        "session_id": play.made["session_id"],
        "steps": 1,
        "playing": True,
        "running": False,
    }
    assert play.step("truncate").json()["truncated"] is True
    assert play.get().json()["playing"] is False
    assert play.delete().status_code == 204
    assert_problem(play.get(), 410, "SESSION_EXPIRED")
    assert_problem(play.delete(), 410, "SESSION_EXPIRED")


def test_a_reset_needs_no_body(play: Play) -> None:
    assert play.post("reset").status_code == 200
    assert play.post("reset", "  ").status_code == 200


@pytest.mark.parametrize(
    ("what", "body", "code"),
    [
        ("reset", "{", "INVALID_JSON"),
        ("reset", b"\xff", "INVALID_JSON"),
        ("reset", "[1]", "VALIDATION_ERROR"),
        ("reset", "7", "VALIDATION_ERROR"),
        ("reset", {"seed": -1}, "VALIDATION_ERROR"),
        ("reset", {"seed": 2**32}, "VALIDATION_ERROR"),
        ("reset", {"seed": "5"}, "VALIDATION_ERROR"),
        ("reset", {"seed": True}, "VALIDATION_ERROR"),
        ("reset", {"episode_id": "x" * 256}, "VALIDATION_ERROR"),
        ("reset", {"level": 1}, "VALIDATION_ERROR"),
        ("reset", {"request_id": 7}, "VALIDATION_ERROR"),
        ("reset", {"request_id": "x" * 256}, "VALIDATION_ERROR"),
        ("step", "", "VALIDATION_ERROR"),
        ("step", {}, "VALIDATION_ERROR"),
        ("step", {"action": [1]}, "VALIDATION_ERROR"),
        ("step", {"action": {"amount": "much"}}, "VALIDATION_ERROR"),
        ("step", {"action": {"jump": 1}}, "VALIDATION_ERROR"),
        ("step", {"action": {}, "depth": 1}, "VALIDATION_ERROR"),
        ("step", {"action": {}, "timeout_s": 0}, "VALIDATION_ERROR"),
        ("step", {"action": {}, "timeout_s": "soon"}, "VALIDATION_ERROR"),
        ("step", '{"action": {"name": "\\ud83d"}}', "INVALID_JSON"),
        ("step", DEEP, "INVALID_JSON"),
    ],
)
def test_a_bad_body_is_refused_and_the_session_plays_on(play: Play, what: str, body: Any, code: str) -> None:
    play.post("reset")
    assert_problem(play.post(what, body), 422, code)
    assert play.step().json()["observation"]["steps"] == 1


@pytest.mark.parametrize(
    ("do", "name", "status", "code"),
    [
        ("raise", "refused", 422, "INVALID_ACTION"),
        ("raise", "ValueError", 500, "EXECUTION_ERROR"),
        ("raise", "SystemExit", 500, "EXECUTION_ERROR"),
        ("raise", "surrogate", 500, "EXECUTION_ERROR"),
        ("babble", "dict", 500, "INVALID_RESULT"),
        ("nan", "", 500, "INVALID_RESULT"),
    ],
)
def test_what_the_environment_does_wrong_has_a_code(play: Play, do: str, name: str, status: int, code: str) -> None:
    play.post("reset")
    assert_problem(play.step(do, name=name), status, code)
    assert play.step().status_code == 200


def test_facts_of_an_error_are_its_detail(play: Play) -> None:
    play.post("reset")
    assert assert_problem(play.step("raise", name="fault"), 500, "EXECUTION_ERROR")["detail"] == {"strings": 3}
    assert assert_problem(play.post("reset", {"level": 1}), 422, "VALIDATION_ERROR")["detail"] == {
        "unknown": "level",
        "known": ["episode_id", "seed", "then"],
    }


def test_a_step_needs_a_running_episode(play: Play) -> None:
    assert_problem(play.step(), 409, "RESET_REQUIRED")
    play.post("reset")
    play.step("end")
    assert_problem(play.step(), 409, "RESET_REQUIRED")


def test_who_has_no_right_learns_nothing(play: Play) -> None:
    path, http = play.path, play.http
    for headers in ({}, {"X-OpenEnv-Session": "x"}, {"X-OpenEnv-Session": ""}):
        for answer in (http.get(path, headers=headers), http.post(f"{path}/reset", headers=headers)):
            assert answer.status_code == (422 if not headers else 404)
    assert_problem(http.get("/sessions/nobody", headers=play.headers), 404, "SESSION_NOT_FOUND")
    assert_problem(http.get(path), 422, "VALIDATION_ERROR")
    assert_problem(http.delete(path, headers={"X-OpenEnv-Session": "x"}), 404, "SESSION_NOT_FOUND")
    assert play.post("reset").status_code == 200


# Retries


def test_a_repeated_step_is_answered_again_and_runs_once(play: Play) -> None:
    play.post("reset")
    first = play.step(request_id="a", amount=5)
    assert play.get("/state").json()["step_count"] == 1
    again = play.step(request_id="a", amount=5)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert play.step(request_id="b").json()["observation"]["steps"] == 2


def test_a_name_that_comes_again_with_another_payload_is_refused(play: Play) -> None:
    play.post("reset")
    play.step(request_id="a", amount=5)
    assert_problem(play.step(request_id="a", amount=6), 409, "ID_REUSED")
    assert play.get("/state").json()["step_count"] == 1


def test_a_body_larger_than_a_frame_may_be_is_refused(play: Play) -> None:
    play.post("reset")
    refused = play.step(name="x" * 17_000_000)
    assert refused.status_code == 413
    assert play.step().json()["observation"]["steps"] == 1


def test_a_name_that_comes_again_with_another_action_is_refused(play: Play) -> None:
    play.post("reset")
    play.step(request_id="a", amount=5)
    assert_problem(play.step(request_id="a", amount=6), 409, "ID_REUSED")
    assert play.step(request_id="b").json()["observation"]["total"] == 6


def test_a_repeated_reset_is_answered_again_and_runs_once(play: Play) -> None:
    body = {"seed": 3, "request_id": "r"}
    first = play.post("reset", body).json()
    assert play.post("reset", body).json() == first
    assert play.step(request_id="s").json()["observation"]["total"] == 4


def test_a_repeated_error_is_answered_again(play: Play) -> None:
    play.post("reset")
    first = play.step("raise", request_id="a", name="ValueError")
    again = play.step("raise", request_id="a", name="ValueError")
    assert (again.status_code, again.json()) == (500, first.json())


def test_a_step_repeated_while_it_runs_waits_for_the_one_reply(threaded: Play) -> None:
    turnstile = turnstiles.named("http again")
    puppet = threaded.post("reset").json()["observation"]["puppet"]
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(threaded.step, "wait", request_id="w", name="http again") for _ in range(3)]
        turnstile.await_entry()
        assert threaded.get().json()["running"] is True
        assert_problem(threaded.step(request_id="x"), 409, "BUSY")
        assert_problem(threaded.step(), 409, "BUSY")
        assert_problem(threaded.get("/state"), 409, "BUSY")
        turnstile.open()
        answers = [one.result() for one in asked]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert journal.of(puppet).count("step") == 1


def test_a_client_that_vanishes_in_the_middle_of_a_step_gets_its_reply_when_it_asks_again(threaded: Play) -> None:
    turnstile = turnstiles.named("http vanishes")
    puppet = threaded.post("reset").json()["observation"]["puppet"]
    body = {"action": {"do": "wait", "name": "http vanishes"}, "request_id": "v"}
    with pytest.raises(httpx.ReadTimeout):
        threaded.post("step", body, timeout=0.2)
    turnstile.await_entry()
    turnstile.open()
    assert threaded.step("wait", request_id="v", name="http vanishes").json()["observation"]["steps"] == 1
    assert journal.of(puppet).count("step") == 1


def test_a_repeated_creation_gives_the_same_session(everywhere: Served) -> None:
    with everywhere.http() as http:
        one, again, other = (http.post("/sessions", json={"request_id": name * 16}) for name in "aab")
        assert one.json() == again.json()
        assert one.json()["session_id"] != other.json()["session_id"]
        Play(http, one).delete()
        Play(http, other).delete()
        fresh = http.post("/sessions", json={"request_id": "a" * 16})
        assert fresh.json()["session_id"] != one.json()["session_id"]
        Play(http, fresh).delete()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sessions", {"request_id": 7}),
        ("/sessions", {"request_id": ""}),
        ("/sessions", {"request_id": "easy to guess"}),
        ("/sessions", {"request_id": "guessable"}),
        ("/sessions", {"request_id": "x" * 256}),
        ("/sessions", {"seed": 1}),
        ("/sessions", [1]),
        ("/sessions?wait_s=-1", {}),
        ("/sessions?wait_s=nan", {}),
        ("/sessions?wait_s=inf", {}),
        ("/sessions?wait_s=soon", {}),
    ],
)
def test_a_bad_creation_is_refused(serve: Any, path: str, body: Any) -> None:
    with serve(InlinePuppet).http() as http:
        assert_problem(http.post(path, json=body), 422, "VALIDATION_ERROR")
        assert http.get("/ready").json()["active_sessions"] == 0


# Capacity, deadlines and ends


def test_a_full_server_says_when_to_try_again() -> None:
    with serving(InlinePuppet, max_sessions=1) as served, served.http() as http:
        first = Play(http, http.post("/sessions"))
        for path in ("/sessions", "/sessions?wait_s=0.05"):
            full = http.post(path)
            body = assert_problem(full, 503, "CAPACITY_REACHED")
            assert 1 <= int(full.headers["Retry-After"]) <= 60
            assert body["detail"]["max_sessions"] == 1
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(http.post, "/sessions?wait_s=30")
            until(lambda: http.get("/ready").json()["waiting"] == 1)
            first.delete()
            assert waiting.result().status_code == 201


def test_who_stops_waiting_for_a_slot_leaves_the_queue() -> None:
    with serving(InlinePuppet, max_sessions=1) as served, served.http() as http:
        first = Play(http, http.post("/sessions"))
        with pytest.raises(httpx.ReadTimeout):
            http.post("/sessions?wait_s=30", timeout=0.2)
        until(lambda: http.get("/ready").json()["waiting"] == 0)
        first.delete()
        assert http.get("/ready").json()["active_sessions"] == 0


def test_a_session_that_is_deleted_in_the_middle_of_a_step_answers_the_step(threaded: Play) -> None:
    turnstile, answers = turnstiles.named("http deleted"), []
    threaded.post("reset")
    step = threading.Thread(target=lambda: answers.append(threaded.step("wait", name="http deleted")))
    step.start()
    turnstile.await_entry()
    delete = threading.Thread(target=lambda: answers.append(threaded.delete()))
    delete.start()
    step.join()
    turnstile.open()
    delete.join()
    assert_problem(answers[0], 410, "SESSION_EXPIRED")
    assert answers[1].status_code == 204


def test_a_step_that_takes_too_long_is_504_and_ends_the_session(serve: Any) -> None:
    with serve(AsyncPuppet).http() as http:
        play = Play(http, http.post("/sessions"))
        play.post("reset")
        late = play.post("step", {"action": {"do": "linger"}, "timeout_s": 0.05})
        assert_problem(late, 504, "TIMEOUT")
        gone = assert_problem(play.step(), 410, "SESSION_EXPIRED")
        assert gone["detail"] == {"reason": "timeout"}


def test_a_process_that_dies_is_500_and_ends_the_session(serve: Any) -> None:
    with serve(Puppet, isolation="process").http() as http:
        play = Play(http, http.post("/sessions"))
        play.post("reset")
        body = assert_problem(play.step("exit", amount=3), 500, "ENVIRONMENT_CRASHED")
        assert body["detail"] == {"exit_status": 3}
        assert_problem(play.step(), 410, "SESSION_EXPIRED")


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_an_environment_that_cannot_be_made_is_500(isolation: str) -> None:
    with serving(BrokenPuppet, isolation=isolation) as served, served.http() as http, tapped_log() as log:
        body = assert_problem(http.post("/sessions"), 500, "FACTORY_ERROR")
        assert body["detail"]["factory_name"] == "BrokenPuppet"
        assert "secret" in body["message"]  # on loopback
        assert "in __init__" in body["detail"]["traceback"]
        assert len(log.find("the puppet's secret")) == 1
        assert http.get("/ready").json()["active_sessions"] == 0


def test_a_state_that_fails_is_500(play: Play) -> None:
    play.post("reset")
    play.step("spoil_state", name="ValueError")
    assert_problem(play.get("/state"), 500, "EXECUTION_ERROR")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_told_the_text_of_exceptions(header: str) -> None:
    with serving(BrokenPuppet, isolation="thread") as served, served.http(headers={header: "203.0.113.9"}) as http:
        for call in ("/sessions", "/reset"):
            answer = http.post(call)
            assert answer.status_code == 500
            assert "secret" not in answer.text
            assert "Traceback" not in answer.text
