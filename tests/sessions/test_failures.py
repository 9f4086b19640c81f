"""What an environment raised: what its client may know of it, and what the log should say."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
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
from openenv.protocol.faults import error_body, text_of
from openenv.sessions.failures import describe_failure, summary_of


def raised(act: Callable[[], Any]) -> BaseException:
    """What an act of an environment raises."""
    try:
        act()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def line_of(function: Callable[..., Any], offset: int = 1) -> str:
    return f"tests/sessions/test_failures.py:{inspect.getsourcelines(function)[1] + offset}"


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
    known = describe_failure(error, dialect, verbose=False).error

    assert type(known) is ExecutionError
    assert known.data.keys() == {"correlation_id"}
    assert type(error).__name__ in known.message
    assert "secret" not in known.message


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("name", FOREIGN)
def test_its_text_is_told_where_that_is_allowed(name: str, dialect: Dialect) -> None:
    known = describe_failure(RAISED[name](), dialect, verbose=True).error

    assert type(known) is ExecutionError
    json.loads(error_body(known))


def test_it_is_told_with_its_class_its_place_and_how_it_came_to_that() -> None:
    known = describe_failure(raised(look_up), Dialect.V2, verbose=True).error

    assert known.message == f"KeyError: 'k' ({line_of(look_up)})"
    assert known.data["traceback"].endswith("KeyError: 'k'\n")


def test_deployed_clients_are_told_its_text_alone() -> None:
    known = describe_failure(raised(look_up), Dialect.V1, verbose=True).error

    assert (known.message, known.data) == ("'k'", {})


def test_of_a_long_traceback_the_end_is_told() -> None:
    def fall() -> None:
        raise ValueError("x" * 20_000)

    story = describe_failure(raised(fall), Dialect.V2, verbose=True).error.data["traceback"]

    assert len(story) == 10_000
    assert story.endswith("xxx\n")


def test_the_place_is_the_last_line_of_the_environments_own_package(tmp_path: Path) -> None:
    for name, source in PACKAGE.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    code = (
        "import {module} as m\nfrom openenv.sessions.failures import summary_of\n"
        "try: m.step()\nexcept ValueError as e: print(summary_of(e.with_traceback(e.__traceback__.tb_next)))"
    )

    def told(module: str, folder: Path) -> str:
        command = [sys.executable, "-c", code.format(module=module)]
        path = os.pathsep.join([str(folder), str(tmp_path / "project/.venv/lib/site-packages")])
        done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
        return done.stdout.strip()

    assert told("my_env.server.environment", tmp_path / "project") == "ValueError: no (my_env/rules.py:1)"
    assert told("single", tmp_path / "project") == "ValueError: lib (project/single.py:2)"


PACKAGE = {
    "project/my_env/__init__.py": "",
    "project/my_env/rules.py": "def apply(): raise ValueError('no')\n",
    "project/my_env/server/__init__.py": "",
    "project/my_env/server/environment.py": "from my_env.rules import apply\ndef step(): apply()\n",
    "project/single.py": "import somelib\ndef step(): somelib.work()\n",
    "project/.venv/lib/site-packages/somelib.py": "def work(): raise ValueError('lib')\n",
}


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
    assert describe_failure(error, Dialect.V2, verbose=verbose).error is error


def test_an_error_of_another_session_does_not_pass_for_one_of_this() -> None:
    borrowed = SessionExpiredError("some other session", {"reason": "idle"})

    assert type(describe_failure(borrowed, Dialect.V2, verbose=True).error) is ExecutionError


def test_every_exception_has_a_text() -> None:
    assert text_of(ValueError("x")) == "x"
    assert text_of(Unspeakable()) == "Unspeakable"
    assert text_of(ValueError("\ud83d")) == "\\ud83d"
    assert text_of(asyncio.CancelledError()) == ""
