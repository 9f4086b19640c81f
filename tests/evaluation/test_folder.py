"""The folder of a run belongs to one evaluation at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.walks import RightPolicy, Walk

from openenv.episodes import read
from openenv.evaluation import evaluate
from openenv.evaluation.folder import FolderInUseError, RunFolder

HOLDER = """
import sys
from openenv.evaluation.folder import RunFolder
with RunFolder(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def play(folder: Path) -> int:
    return len(evaluate(Walk, {"right": RightPolicy}, episodes=3, out=folder).episodes)


def test_a_second_evaluation_in_the_same_folder_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    run = {"seed": 0}
    with RunFolder(tmp_path) as folder:
        folder.begin(run)
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        with pytest.raises(FolderInUseError) as refused:
            play(tmp_path)
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before

    assert refused.value.message == f"another evaluation is running in {tmp_path}"
    assert refused.value.hint is not None


def test_the_folder_is_free_again_after_an_evaluation_that_failed(tmp_path: Path) -> None:
    def stop(progress: Any) -> None:
        raise KeyError("stop")

    with pytest.raises(KeyError):
        evaluate(Walk, {"right": RightPolicy}, episodes=3, out=tmp_path, on_progress=stop)

    assert play(tmp_path) == 3


def test_a_killed_evaluation_holds_no_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderInUseError):
            play(tmp_path)
        holder.kill()

    assert play(tmp_path) == 3
    assert len(list(read(tmp_path / "episodes.jsonl"))) == 3
