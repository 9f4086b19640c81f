"""Whose line an error passed through."""

from __future__ import annotations

from pathlib import Path

import pytest

from openenv.project.frames import frames_in, frames_of, is_own, last_own, own_frames, place, told

ROOT = Path("/projects/my-env")
PRINTED = """\
Traceback (most recent call last):
  File "/projects/my-env/my_env/app.py", line 7, in <module>
    play(board)
  File "/usr/lib/python3.11/site-packages/chess.py", line 3, in play
    raise BadMove
chess.BadMove: no such square
"""
CRASHED = """\
Current thread 0x00007f (most recent call first):
  File "/projects/my-env/my_env/app.py", line 21 in step
"""
TORN = """\
  File "/projects/my-env/my_env/torn.py", line 3
    x = = 1
        ^
SyntaxError: invalid syntax
"""


@pytest.mark.parametrize(
    ("file", "root", "own"),
    [
        ("/projects/my-env/my_env/app.py", "/projects/my-env", True),
        ("/projects/my-env-2/my_env/app.py", "/projects/my-env", False),
        ("/projects/my-env/.venv/lib/site-packages/chess.py", "/projects/my-env", False),
        ("/usr/lib/site-packages/my_env/app.py", "/usr/lib/site-packages/my_env", True),
        ("/usr/lib/site-packages/chess.py", "/usr/lib/site-packages/my_env", False),
        ("/usr/lib/site-packages/chess.py", "/usr/lib/site-packages", False),
        ("/projects/my_env.py", "/projects/my_env.py", True),
        ("<frozen importlib._bootstrap>", "/projects/my-env", False),
    ],
)
def test_a_file_is_its_authors_below_the_root_and_outside_of_installed_packages(
    file: str, root: str, own: bool
) -> None:
    assert is_own(file, Path(root)) is own


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PRINTED, "my_env/app.py:7 in <module>: play(board)"),
        (CRASHED, "my_env/app.py:21 in step"),
        (TORN, "my_env/torn.py:3: x = = 1"),
    ],
)
def test_whatever_python_prints_the_own_line_is_read_from_it(text: str, said: str) -> None:
    assert [told(frame, ROOT) for frame in own_frames(frames_in(text), ROOT)] == [said]


def test_an_exception_has_the_line_that_the_author_wrote_last_on_its_way(tmp_path: Path) -> None:
    file = tmp_path / "game.py"
    file.write_text("import json\n\ndef move():\n    json.loads('')\n", encoding="utf-8")
    space: dict[str, object] = {}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), space)
    with pytest.raises(ValueError, match="Expecting value") as caught:
        space["move"]()  # type: ignore[operator]
    frame = last_own(frames_of(caught.value), tmp_path)
    assert frame is not None
    assert place(frame) == f"{file}:4"
    assert told(frame, tmp_path) == "game.py:4 in move: json.loads('')"


def test_a_line_that_cannot_be_read_is_where_its_error_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "torn.py"
    with pytest.raises(SyntaxError) as caught:
        compile("x = 1\nx = = 1\n", str(file), "exec")
    frame = last_own(frames_of(caught.value), tmp_path)
    assert frame is not None
    assert told(frame, tmp_path) == "torn.py:2: x = = 1"


def test_where_no_line_is_the_authors_there_is_none() -> None:
    assert last_own(frames_in(PRINTED), Path("/elsewhere")) is None
