"""What a server leaves behind, seen without a server."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openenv.validation.serving.launch import becomes_true
from openenv.validation.serving.leftovers import Surroundings
from openenv.validation.serving.processes import running

NOBODY = 2**22 + 1  # more than Linux gives to processes


def test_what_becomes_of_files_is_told(tmp_path: Path) -> None:
    for name in ("kept", "changed", "removed"):
        (tmp_path / name).write_text("a", encoding="utf-8")
    surroundings = Surroundings(tmp_path)
    surroundings.look()
    (tmp_path / "changed").write_text("more", encoding="utf-8")
    (tmp_path / "removed").unlink()
    (tmp_path / "added").touch()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").touch()
    (surroundings.temporary / "scratch").touch()

    left = surroundings.left(NOBODY)
    assert left.changes == ("added was added", "changed was changed", "removed was removed")
    assert left.files == ("scratch",)
    surroundings.clear(None)
    assert not surroundings.temporary.exists()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only /proc tells what others have started")
def test_a_process_is_known_by_its_variables_and_ended(tmp_path: Path) -> None:
    surroundings = Surroundings(tmp_path)
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
    variables = {**os.environ, **surroundings.variables}
    with subprocess.Popen(command, env=variables, start_new_session=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has its variables then: right after the start, it may not
        assert surroundings.left(NOBODY).processes == (" ".join(command),)
        surroundings.clear(NOBODY)
    assert process.returncode != 0


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only /proc tells what others have started")
def test_a_process_that_has_nothing_of_the_server_is_known_by_its_parent_as_long_as_that_lives(tmp_path: Path) -> None:
    surroundings = Surroundings(tmp_path)
    command = ["sleep", "600"]
    start = f"""
import subprocess
null = subprocess.DEVNULL
started = subprocess.Popen({command}, start_new_session=True, env={{}}, stdin=null, stdout=null)
print(started.pid, flush=True)
input()
"""
    with subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        number = int(server.stdout.readline())
        surroundings.note(server.pid)
        server.communicate(b"\n")
    assert surroundings.left(server.pid).processes == (" ".join(command),)
    surroundings.clear(server.pid)
    assert becomes_true(lambda: number not in {one.number for one in running()}, seconds=10.0)


def test_nothing_is_left_where_nobody_clears(tmp_path: Path) -> None:
    surroundings = Surroundings(tmp_path)
    place = surroundings.temporary
    del surroundings
    gc.collect()
    assert not place.exists()
