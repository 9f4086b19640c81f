"""What is behind a finding, from tracebacks and logs that are made up: no process."""

from __future__ import annotations

from pathlib import Path

import pytest

from openenv.validation.causes import Death, explain
from openenv.validation.check import Finding

ROOT = Path("/projects/my-env")
HUNG_UP = "the server closed the connection without a word in answer to step"
TRACEBACK = """\
Traceback (most recent call last):
  File "/projects/my-env/my_env/game.py", line 7, in move
    return self.board[place]
           ~~~~~~~~~~^^^^^^^
KeyError: 'e9'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/projects/my-env/my_env/server/environment.py", line 21, in step
    game.move(action.place)
  File "/projects/my-env/.venv/lib/site-packages/chess.py", line 3, in move
    raise BadMove
chess.BadMove: no square is called e9
"""
CRASH = """\
a line before it
Fatal Python error: Segmentation fault

Thread 0x00007e (most recent call first):
  File "/projects/my-env/my_env/server/environment.py", line 90 in reset

Current thread 0x00007f (most recent call first):
  File "/usr/lib/python3.11/ctypes/__init__.py", line 5 in string_at
  File "/projects/my-env/my_env/server/environment.py", line 21 in step
  File "/projects/my-env/my_env/server/app.py", line 3 in play
  File "/site/uvicorn/server.py", line 9 in run
"""


def test_a_traceback_shows_the_projects_own_lines_and_where_it_was_seen() -> None:
    finding = Finding("answered by error", "step 1", details=("also: step 2",), traceback=TRACEBACK)
    told = explain(finding, ROOT)
    assert (told.message, told.where) == ("answered by error", "my_env/server/environment.py:21")
    assert told.mend == "correct the last line that is shown"
    assert told.details == (
        "at step 1",
        "also: step 2",
        "my_env/game.py:7 in move: return self.board[place]",
        "my_env/server/environment.py:21 in step: game.move(action.place)",
    )


def test_a_traceback_without_lines_of_the_project_points_nowhere_else() -> None:
    told = explain(Finding("answered by error", "step 1", traceback=TRACEBACK), Path("/elsewhere"))
    assert (told.where, told.mend, told.details) == ("step 1", None, ("at step 1",))


def test_a_server_that_was_gone_is_told_with_how_it_ended_and_its_last_words() -> None:
    told = explain(Finding(HUNG_UP, "step 1", lost=True), ROOT, Death(3, ("one", "two")))
    assert told.message == "the server ended with exit code 3"
    assert told.where == "step 1"
    assert told.details == (f"step 1: {HUNG_UP}", "one", "two")


def test_a_crash_of_the_interpreter_is_told_with_the_line_that_led_to_it() -> None:
    told = explain(Finding(HUNG_UP, lost=True), ROOT, Death(-11, tuple(CRASH.splitlines())))
    assert told.message == "the server was killed by signal 11 (SIGSEGV): Fatal Python error: Segmentation fault"
    assert told.where == "my_env/server/environment.py:21"
    assert told.details == (
        HUNG_UP,
        "my_env/server/app.py:3 in play",
        "my_env/server/environment.py:21 in step",
    )


def test_a_crash_that_no_line_of_the_project_led_to_is_told_all_the_same() -> None:
    told = explain(Finding(HUNG_UP, "step 1", lost=True), Path("/elsewhere"), Death(-6, tuple(CRASH.splitlines())))
    assert told.message == "the server was killed by signal 6 (SIGABRT): Fatal Python error: Segmentation fault"
    assert (told.where, told.details) == ("step 1", (f"step 1: {HUNG_UP}",))


def test_a_server_that_hung_up_and_lives_on_is_not_said_to_have_ended() -> None:
    assert explain(Finding(HUNG_UP, lost=True), ROOT) == Finding(HUNG_UP, lost=True)


@pytest.mark.parametrize("message", ["'done' is missing", f"answered by error EXECUTION_ERROR: {HUNG_UP}"])
def test_other_findings_of_a_server_that_ended_later_are_not_blamed_on_that(message: str) -> None:
    assert explain(Finding(message), ROOT, Death(3, ())) == Finding(message)
