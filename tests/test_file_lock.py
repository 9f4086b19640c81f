"""A lock between processes: one holds it at a time, and whoever gives it back leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from openenv.file_lock import FileLock

PROCESSES, TURNS = 3, 300

TAKE_TURNS = f"""
import os, sys
from pathlib import Path
from openenv.file_lock import FileLock

lock, inside = FileLock(Path("lock")), Path("inside")
for _ in range({TURNS}):
    while not lock.acquire():
        pass
    inside.touch(exist_ok=False)  # raises where somebody else is inside
    inside.unlink()
    lock.release()
"""

TAKE_AND_DIE = """
import os
from pathlib import Path
from openenv.file_lock import FileLock

FileLock(Path("lock")).acquire()
os._exit(1)
"""


def test_one_holds_it_at_a_time_while_others_give_it_back(tmp_path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", TAKE_TURNS], cwd=tmp_path) for _ in range(PROCESSES)]

    assert [process.wait() for process in processes] == [0] * PROCESSES
    assert list(tmp_path.iterdir()) == []


def test_it_is_held_until_it_is_given_back(tmp_path: Path) -> None:
    mine, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")

    assert mine.acquire()
    assert not other.acquire()
    mine.release()
    mine.release()
    assert other.acquire()
    other.release()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_a_killed_process_has_left_is_nobody_s(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", TAKE_AND_DIE], cwd=tmp_path)
    lock = FileLock(tmp_path / "lock")

    assert (tmp_path / "lock").exists()
    assert lock.acquire()
    lock.release()
    assert not (tmp_path / "lock").exists()


def test_whoever_gives_it_back_leaves_the_file_of_another_alone(tmp_path: Path) -> None:
    mine, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    mine.acquire()
    (tmp_path / "lock").unlink()  # as whoever tidies up a cache does
    other.acquire()

    mine.release()

    assert not FileLock(tmp_path / "lock").acquire()
    other.release()
