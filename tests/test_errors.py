"""Errors say what to do about them."""

from __future__ import annotations

import pickle
import re
import sys
import traceback
from pathlib import Path

import pytest

from openenv.client.link import again
from openenv.errors import (
    BY_CODE,
    ConfigurationError,
    ConnectError,
    EnvironmentFault,
    OpenEnvError,
    ResponseTimeoutError,
    ServerStartError,
    SessionSupersededError,
)
from openenv.protocol.faults import error_body, error_from_wire

CLIENTS_PAGE = Path(__file__).parents[1] / "docs" / "clients.md"
FOR_CLIENTS = [*BY_CODE.values(), ConnectError, ServerStartError, ResponseTimeoutError, SessionSupersededError]


@pytest.mark.parametrize("kind", FOR_CLIENTS)
def test_what_a_client_gets_has_a_hint(kind: type[OpenEnvError]) -> None:
    assert kind("it went wrong").hint == kind.advice
    assert kind.advice
    assert kind("it went wrong", hint="do this").hint == "do this"


def test_what_an_author_raises_has_only_the_authors_hint() -> None:
    assert EnvironmentFault("the strings are torn").hint is None
    assert EnvironmentFault("the strings are torn", hint="buy new ones").hint == "buy new ones"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
def test_a_traceback_shows_the_hint_and_the_message_does_not() -> None:
    error = ConfigurationError("there is no app", hint="name one")
    assert str(error) == "there is no app"
    assert traceback.format_exception_only(error)[-1] == "hint: name one\n"


@pytest.mark.parametrize("copied", [again, lambda error: pickle.loads(pickle.dumps(error))], ids=["again", "pickle"])
def test_a_copy_has_the_hint_once(copied: object) -> None:
    copy = copied(ConnectError("no server", {"url": "ws://x"}, hint="start it"))  # type: ignore[operator]
    assert (copy.message, copy.data, copy.hint) == ("no server", {"url": "ws://x"}, "start it")
    assert "".join(traceback.format_exception_only(copy)).count("hint:") == (sys.version_info >= (3, 11))


def test_a_hint_does_not_travel_and_is_there_again() -> None:
    body = error_body(BY_CODE["RESET_REQUIRED"]("no episode is running"))
    assert "hint" not in body
    assert error_from_wire({"code": "RESET_REQUIRED", "message": "no"}).hint == BY_CODE["RESET_REQUIRED"].advice


def test_the_guide_names_the_hints_of_all_errors() -> None:
    table = {}
    for row in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|.*\| (.+) \|$", CLIENTS_PAGE.read_text(encoding="utf-8"), re.M):
        table.update(dict.fromkeys(re.findall(r"`(\w+)`", row[0]), row[1].replace("`", "")))
    for kind in FOR_CLIENTS:
        assert kind.advice == table[kind.__name__], kind
