"""What a server says about itself and its environment."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest
from support.puppets import (
    AsyncPuppet,
    BarePuppet,
    BrokenPuppet,
    CrashingPuppet,
    InlinePuppet,
    Puppet,
    PuppetAction,
    PuppetObservation,
)
from support.serving import Served, serving

from openenv.sessions.store import SessionStore
from openenv.types import EnvironmentMetadata

ROUTES = {
    ("get", "/health"),
    ("get", "/ready"),
    ("get", "/metadata"),
    ("get", "/schema"),
    ("post", "/reset"),
    ("post", "/step"),
    ("get", "/state"),
    ("post", "/sessions"),
    ("get", "/sessions/{session_id}"),
    ("delete", "/sessions/{session_id}"),
    ("post", "/sessions/{session_id}/reset"),
    ("post", "/sessions/{session_id}/step"),
    ("get", "/sessions/{session_id}/state"),
}


class Describing(Puppet):
    def get_metadata(self) -> EnvironmentMetadata:
        return EnvironmentMetadata(name="described", description="It says so itself.", author="somebody")


class Undescribable(Puppet):
    def get_metadata(self) -> EnvironmentMetadata:
        raise ValueError("no words")


class Misdescribed(Puppet):
    def get_metadata(self) -> Any:
        return 7


class DescribedAsADict(Puppet):
    def get_metadata(self) -> Any:
        return {"name": "dict", "description": "A mapping will do."}


class CrashingWhenAsked(Puppet):
    def get_metadata(self) -> Any:
        os._exit(3)


def test_the_index_leads_to_the_documentation(everywhere: Served) -> None:
    with everywhere.http() as http:
        index = http.get("/")
        assert (index.status_code, index.headers["location"]) == (307, "/docs")
        assert http.get("/docs").status_code == 200


def test_schemas_are_those_of_the_models(everywhere: Served) -> None:
    with everywhere.http() as http:
        schema = http.get("/schema").json()
    assert set(schema["action"]["properties"]) == {"do", "amount", "name", "metadata"}
    assert set(schema["observation"]["properties"]) == {
        *("total", "steps", "puppet", "pid", "heard"),
        *("done", "reward", "metadata"),
    }
    assert set(schema["state"]["properties"]) == {"episode_id", "step_count"}
    assert schema["reset_observation"] == schema["observation"]


def test_the_openapi_document_describes_every_route_and_its_errors(everywhere: Served) -> None:
    with everywhere.http() as http:
        document = http.get("/openapi.json").json()
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert described == ROUTES
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert all(is_defined(document, reference) for reference in references(operation)), (method, path)
            if path.startswith("/sessions"):
                assert {"401", "403", "404", "409", "410", "422", "500", "501", "503", "504"} <= set(
                    operation["responses"]
                )


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        found = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return found + [reference for value in node.values() for reference in references(value)]
    return [reference for item in node for reference in references(item)] if isinstance(node, list) else []


def is_defined(document: Any, reference: str) -> bool:
    for part in reference.removeprefix("#/").split("/"):
        document = document.get(part, {})
    return bool(document)


def test_every_definition_of_the_openapi_document_stands_there(everywhere: Served) -> None:
    with everywhere.http() as http:
        document = http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert [reference for reference in references(document) if not is_defined(document, reference)] == []
    assert all("\\$defs" not in reference for reference in references(document))


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_an_environment_that_describes_itself_is_asked_once_where_it_would_live(isolation: str) -> None:
    with serving(Describing, isolation=isolation) as served, served.http() as http:
        metadata = http.get("/metadata").json()
    assert (metadata["name"], metadata["author"]) == ("described", "somebody")
    assert metadata["seedable"] is True


@pytest.mark.parametrize("kind", [Puppet, AsyncPuppet, InlinePuppet])
def test_an_environment_that_says_nothing_is_described_by_its_class(serve: Any, kind: type[Puppet]) -> None:
    with serve(kind).http() as http:
        metadata = http.get("/metadata").json()
    assert (metadata["name"], metadata["seedable"]) == (kind.__name__, True)
    assert metadata["description"]


def test_a_bare_environment_is_described_too() -> None:
    with serving(BarePuppet, models=(PuppetAction, PuppetObservation)) as served, served.http() as http:
        metadata = http.get("/metadata").json()
    assert (metadata["name"], metadata["seedable"]) == ("BarePuppet", False)


def test_a_description_may_be_a_mapping() -> None:
    with serving(DescribedAsADict) as served, served.http() as http:
        assert http.get("/metadata").json()["name"] == "dict"


@pytest.mark.parametrize("kind", [Undescribable, Misdescribed])
def test_a_description_that_fails_is_a_typed_error_each_time(kind: type[Puppet]) -> None:
    with serving(kind) as served, served.http() as http:
        for _ in range(2):
            failed = http.get("/metadata")
            assert (failed.status_code, failed.json()["code"]) == (500, "EXECUTION_ERROR")
        assert http.post("/reset").status_code == 200


def test_an_environment_that_crashes_when_asked_takes_nothing_along() -> None:
    with serving(CrashingWhenAsked, isolation="process") as served, served.http() as http:
        failed = http.get("/metadata")
        assert (failed.status_code, failed.json()["code"]) == (500, "ENVIRONMENT_CRASHED")
        assert http.post("/reset").status_code == 200


def make_broken() -> Any:
    return BrokenPuppet()


def make_crashing() -> Any:
    return CrashingPuppet()


@pytest.mark.parametrize(
    ("factory", "isolation", "code"),
    [(make_broken, "thread", "FACTORY_ERROR"), (make_crashing, "process", "ENVIRONMENT_CRASHED")],
)
def test_an_environment_that_cannot_be_made_cannot_be_asked(factory: Any, isolation: str, code: str) -> None:
    models = (PuppetAction, PuppetObservation)
    with serving(factory, models=models, isolation=isolation) as served, served.http() as http:
        assert (http.get("/metadata").status_code, http.get("/metadata").json()["code"]) == (500, code)
        assert http.get("/health").status_code == 200


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_sessions_are_counted_where_they_change(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    counting: set[int] = set()

    def stuck(_: SessionStore) -> int:
        counting.add(threading.get_ident())
        return 0

    monkeypatch.setattr(SessionStore, "stuck", property(stuck))
    with serving(InlinePuppet) as served, served.http() as http:
        assert http.get(path).status_code == 200
        assert counting == {served.call(threading.get_ident)}
