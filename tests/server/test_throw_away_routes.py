"""``POST /reset``, ``POST /step`` and ``GET /state`` make an environment for one call, as deployed servers do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import field_validator
from support.puppets import (
    PATIENCE_S,
    BrokenPuppet,
    LonelyPuppet,
    Puppet,
    PuppetAction,
    PuppetObservation,
    journal,
    turnstiles,
)
from support.serving import Served, serving, tapped_log, until

from openenv.types import EnvironmentMetadata

DEEP = '{"action": ' + '{"metadata": ' * 10_000 + "1" + "}" * 10_001


def last_puppet() -> int:
    return max(puppet for _, puppet, _ in journal.entries)


def test_each_call_has_an_environment_of_its_own(everywhere: Served) -> None:
    with everywhere.http() as http:
        first = http.post("/reset", json={"seed": 5, "episode_id": "e"}).json()
        step = http.post("/step", json={"action": {"amount": 2}}).json()
        state = http.get("/state").json()
    assert first.keys() == {"observation", "reward", "done", "metadata"}
    assert first["observation"]["total"] == 5
    assert (step["observation"]["total"], step["reward"], step["done"]) == (2, 2.0, False)
    assert state == {"episode_id": None, "step_count": 0}


def test_each_environment_is_made_called_and_closed(serve: Any) -> None:
    with serve(Puppet, isolation="thread").http() as http:
        for call, event in (("/reset", "reset"), ("/step", "step")):
            http.post(call, json={"action": {}} if event == "step" else {})
            puppet = last_puppet()
            assert journal.of(puppet) == ["init", event, "close"]
            assert len(journal.threads_of(puppet)) == 1


def test_throw_away_calls_take_no_slot() -> None:
    turnstile = turnstiles.named("no slot")
    with serving(LonelyPuppet) as served, served.http() as http:
        made = http.post("/sessions")
        assert made.status_code == 201
        assert http.post("/reset").status_code == 200
        turnstile.open()
        assert http.post("/step", json={"action": {"do": "wait", "name": "no slot"}}).status_code == 200


def test_there_are_never_more_throw_away_environments_than_slots() -> None:
    turnstile = turnstiles.named("the only one")
    with serving(LonelyPuppet) as served, served.http() as http, ThreadPoolExecutor() as pool:
        first = pool.submit(http.post, "/step", json={"action": {"do": "wait", "name": "the only one"}})
        turnstile.await_entry()
        second = pool.submit(http.post, "/reset")
        until(lambda: served.call(lambda: served.service.throw_away._turns._waiters))
        assert journal.entries[-1][0] == "step"  # nothing else was made
        turnstile.open()

        assert first.result().status_code == 200
        assert second.result().status_code == 200


def test_a_call_that_waits_too_long_for_its_turn_is_refused() -> None:
    turnstile = turnstiles.named("for too long")
    with serving(LonelyPuppet, reset_timeout_s=0.05) as served, served.http() as http, ThreadPoolExecutor() as pool:
        first = pool.submit(http.post, "/step", json={"action": {"do": "wait", "name": "for too long"}})
        turnstile.await_entry()
        refused = http.post("/reset")
        turnstile.open()

        assert (refused.status_code, refused.json()["code"]) == (503, "CAPACITY_REACHED")
        assert refused.headers["Retry-After"] == "5"
        assert first.result().status_code == 200


def test_an_environment_that_does_not_return_keeps_its_turn_and_is_counted() -> None:
    turnstile = turnstiles.named("never back")
    timeouts = {"step_timeout_s": 0.05, "close_timeout_s": 2 * PATIENCE_S}
    with serving(LonelyPuppet, **timeouts) as served, served.http() as http, ThreadPoolExecutor() as pool:
        call = pool.submit(http.post, "/step", json={"action": {"do": "wait", "name": "never back"}})
        until(lambda: http.get("/health").status_code == 503)
        assert http.get("/ready").json()["stuck"] == 1
        turnstile.open()
        late = call.result()
        assert (late.status_code, late.json()["code"]) == (504, "TIMEOUT")
        until(lambda: http.get("/health").status_code == 200)
        assert http.post("/reset").status_code == 200


def test_metadata_is_asked_for_once() -> None:
    with serving(TalkativePuppet) as served, served.http() as http:
        before = len(journal.puppets())
        assert {http.get("/metadata").json()["name"] for _ in range(3)} == {"talkative"}
        assert len(journal.puppets()) == before + 1


class TalkativePuppet(Puppet):
    def get_metadata(self) -> EnvironmentMetadata:
        return EnvironmentMetadata(name="talkative", description="says so itself")


def test_a_server_that_shuts_down_lets_a_call_in_progress_end() -> None:
    turnstile = turnstiles.named("until the end")
    with serving(Puppet, isolation="thread") as served, served.http() as http, ThreadPoolExecutor() as pool:
        call = pool.submit(http.post, "/step", json={"action": {"do": "wait", "name": "until the end"}})
        turnstile.await_entry()
        served.server.stop()
        until(lambda: served.service.store.draining)
        turnstile.open()

        assert call.result().status_code == 200


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_call_that_the_shutdown_cuts_short_is_told_so(isolation: str) -> None:
    timeouts = {"drain_timeout_s": 0.05, "close_timeout_s": 0.05}
    with serving(Sleeper, isolation=isolation, **timeouts) as served, served.http() as http:
        with ThreadPoolExecutor() as pool, tapped_log() as log:
            call = pool.submit(http.post, "/step", json={"action": {"do": "sleep"}})
            until(lambda: served.service.throw_away.playing)
            served.server.stop()
            answer = call.result()

        assert (answer.status_code, answer.json()["code"]) == (503, "DRAINING")
        assert not log.find("died")


class Sleeper(Puppet):
    def step(self, action: PuppetAction) -> Any:
        threading.Event().wait(5.0)  # longer than the server waits
        return super().step(action)


def test_a_draining_server_makes_no_throw_away_environment() -> None:
    with serving(Puppet, isolation="thread") as served, served.http() as http:
        served.call(served.service.store.drain)
        refused = http.post("/reset")

    assert (refused.status_code, refused.json()["code"]) == (503, "DRAINING")


def test_a_reset_takes_an_empty_body(everywhere: Served) -> None:
    with everywhere.http() as http:
        assert http.post("/reset").status_code == 200
        assert http.post("/reset", json={"level": 3}).status_code == 200  # dropped, as deployed


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/reset", "{", 422),
        ("/reset", "[1]", 422),
        ("/reset", '{"seed": -1}', 422),
        ("/reset", '{"episode_id": 7}', 422),
        ("/step", "{", 422),
        ("/step", "{}", 422),
        ("/step", '{"action": [1]}', 422),
        ("/step", '{"action": {"amount": "much"}}', 422),
        ("/step", '{"action": {"jump": {"a": 1}}}', 422),
        ("/step", '{"action": {"name": "\\ud83d"}}', 422),
        ("/step", '{"action": {}, "timeout_s": 0}', 422),
        ("/step", '{"action": {"metadata": ' + '{"a": ' * 230 + "1" + "}" * 232, 200),
        ("/step", '{"action": {"jump": ' + '{"a": ' * 230 + "1" + "}" * 232, 422),
        ("/step", '{"action": ' + '{"metadata": ' * 500 + "1" + "}" * 501, 422),
        ("/step", DEEP, 400),
    ],
)
def test_a_bad_body_is_refused(everywhere: Served, path: str, content: str, status: int) -> None:
    with everywhere.http() as http:
        refused = http.post(path, content=content, headers={"Content-Type": "application/json"})
        assert refused.status_code in (status, 422), refused.text
        refused.json()
        assert http.post("/step", json={"action": {}}).status_code == 200


@pytest.mark.parametrize("name", ["ValueError", "SystemExit", "KeyboardInterrupt", "CancelledError", "surrogate"])
def test_what_the_environment_raises_is_500_and_logged(everywhere: Served, name: str) -> None:
    with everywhere.http() as http, tapped_log() as log:
        failed = http.post("/step", json={"action": {"do": "raise", "name": name}})
        assert (failed.status_code, failed.json()["code"]) == (500, "EXECUTION_ERROR")
        assert len(log.find("Traceback", "step failed")) == 1
        assert http.post("/reset").status_code == 200


def test_a_wrong_result_is_500(everywhere: Served) -> None:
    with everywhere.http() as http:
        for do in ("babble", "nan"):
            failed = http.post("/step", json={"action": {"do": do}})
            assert (failed.status_code, failed.json()["code"]) == (500, "INVALID_RESULT")


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_an_environment_that_cannot_be_made_is_500(isolation: str) -> None:
    with serving(BrokenPuppet, isolation=isolation) as served, served.http() as http:
        for answer in (http.post("/reset"), http.post("/step", json={"action": {}}), http.get("/state")):
            assert (answer.status_code, answer.json()["code"]) == (500, "FACTORY_ERROR")


def test_a_step_has_a_deadline(serve: Any) -> None:
    turnstile = turnstiles.named("throw-away deadline")
    with serving(Puppet, isolation="thread", close_timeout_s=0.05) as served, served.http() as http:
        body = {"action": {"do": "wait", "name": "throw-away deadline"}, "timeout_s": 0.05}
        late = http.post("/step", json=body)
        assert (late.status_code, late.json()["code"]) == (504, "TIMEOUT")
        puppet = last_puppet()
        turnstile.open()
        journal.await_close(puppet)


class Spiteful(PuppetAction):
    @field_validator("name")
    @classmethod
    def refuse(cls, value: str) -> str:
        if value == "exit":
            raise SystemExit(1)
        raise KeyError(value)


class SpitefulPuppet(Puppet):
    pass


@pytest.mark.parametrize("name", ["x", "exit"])
def test_validators_may_raise_anything(name: str) -> None:
    with serving(SpitefulPuppet, models=(Spiteful, PuppetObservation)) as served, served.http() as http:
        refused = http.post("/step", json={"action": {"name": name}})
        assert (refused.status_code, refused.json()["code"]) == (422, "VALIDATION_ERROR")
        assert http.post("/step", json={"action": {}}).status_code == 200
