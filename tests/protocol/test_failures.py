"""What an environment raised: what its client may know of it, and what the log should say."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest
from support.puppets import FOREIGN, RAISED, Unspeakable

from openenv.errors import (
    EnvironmentFault,
    ExecutionError,
    InvalidActionError,
    OpenEnvError,
    RequestValidationError,
    SessionExpiredError,
)
from openenv.protocol import Dialect
from openenv.protocol.failures import describe_failure, summary_of, text_of
from openenv.protocol.faults import error_body


def raised(act: Callable[[], Any]) -> BaseException:
    """What an act of an environment raises."""
    try:
        act()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def line_of(function: Callable[..., Any], offset: int = 1) -> str:
    return f"protocol/test_failures.py:{inspect.getsourcelines(function)[1] + offset}"


def look_up() -> Any:
    return {}["k"]


def parse() -> Any:
    return json.loads("{")


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_exception_is_an_execution_error_and_its_text_is_kept_back(name: str, dialect: Dialect) -> None:
    error = RAISED[name]()
    known = describe_failure(error, dialect, verbose=False)

    assert type(known) is ExecutionError
    assert known.data.keys() == {"correlation_id"}
    assert type(error).__name__ in known.message
    assert "secret" not in known.message


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("name", FOREIGN)
def test_its_text_is_told_where_that_is_allowed(name: str, dialect: Dialect) -> None:
    known = describe_failure(RAISED[name](), dialect, verbose=True)

    assert type(known) is ExecutionError
    json.loads(error_body(known))


def test_it_is_told_with_its_class_its_place_and_how_it_came_to_that() -> None:
    known = describe_failure(raised(look_up), Dialect.V2, verbose=True)

    assert known.message == f"KeyError: 'k' ({line_of(look_up)})"
    assert known.data["traceback"].endswith("KeyError: 'k'\n")


def test_deployed_clients_are_told_its_text_alone() -> None:
    known = describe_failure(raised(look_up), Dialect.V1, verbose=True)

    assert (known.message, known.data) == ("'k'", {})


def test_the_place_is_where_the_environment_called_a_library() -> None:
    assert summary_of(raised(parse)).endswith(f"({line_of(parse)})")


def test_an_exception_without_words_is_told_by_its_class() -> None:
    assert summary_of(raised(interrupt)) == f"KeyboardInterrupt ({line_of(interrupt)})"
    assert summary_of(ValueError()) == "ValueError"


@pytest.mark.parametrize(
    "error",
    [InvalidActionError("no"), EnvironmentFault("torn"), RequestValidationError("what?")],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("verbose", [True, False])
def test_what_authors_raise_for_clients_passes_as_it_is(error: OpenEnvError, verbose: bool) -> None:
    assert describe_failure(error, Dialect.V2, verbose=verbose) is error


def test_an_error_of_another_session_does_not_pass_for_one_of_this() -> None:
    borrowed = SessionExpiredError("some other session", {"reason": "idle"})

    assert type(describe_failure(borrowed, Dialect.V2, verbose=True)) is ExecutionError


def test_every_exception_has_a_text() -> None:
    assert text_of(ValueError("x")) == "x"
    assert text_of(Unspeakable()) == "Unspeakable"
    assert text_of(ValueError("\ud83d")) == "\\ud83d"
    assert text_of(asyncio.CancelledError()) == ""
