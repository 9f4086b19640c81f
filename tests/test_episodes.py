"""Episodes on disk."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from openenv import episodes
from openenv.episodes import Episode, EpisodeFileError, Failure, Step, Times, read, to_parquet, write
from openenv.errors import ConfigurationError
from openenv.extras import MissingExtraError

STEPS = (
    Step(observation={"x": 0}, action={"go": "é"}, reward=None, terminated=False, truncated=False),
    Step(
        observation={"x": 1}, action={"go": "b"}, reward=2.5, terminated=True, truncated=False, info={"success": True}
    ),
)


def episode(index: int = 0, **fields: Any) -> Episode:
    """An episode, as it ends well."""
    usual: dict[str, Any] = {
        "policy": "random",
        "index": index,
        "seed": 40 + index,
        "total_reward": 2.5,
        "length": 2,
        "end": "terminated",
        "success": True,
        "started_at": "2026-01-02T03:04:05.678+00:00",
        "times": Times(reset_s=0.1, act_s=0.2, step_s=0.3),
    }
    return Episode(**{**usual, **fields})


FAILED = episode(1, end="error", error=Failure(during="act", type="PolicyError", message="no idea"))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    kept = [episode(steps=STEPS, last_observation={"x": 2}), FAILED]

    write(tmp_path / "e.jsonl", kept)

    assert list(read(tmp_path / "e.jsonl")) == kept
    assert [path.name for path in tmp_path.iterdir()] == ["e.jsonl"]


def test_a_line_is_json_that_says_return(tmp_path: Path) -> None:
    write(tmp_path / "e.jsonl", [episode()])

    [line] = (tmp_path / "e.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["return"] == 2.5
    assert json.loads(line)["steps"] is None


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    write(file, [episode(), episode(1)])
    file.write_bytes(file.read_bytes()[:-20])

    assert list(read(file)) == [episode()]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    write(file, [episode()])
    with file.open("a", encoding="utf-8") as lines:
        lines.write('{"policy": "random"}\n')

    with pytest.raises(EpisodeFileError, match=r"e\.jsonl:2: not an episode: index Field required"):
        list(read(file))


def test_parquet_has_a_row_for_each_step(tmp_path: Path) -> None:
    for name, one in {"a": episode(steps=STEPS, last_observation={"x": 2}), "b": episode(1, steps=STEPS)}.items():
        write(tmp_path / name, [one])

    to_parquet([tmp_path / "a", tmp_path / "b"], tmp_path / "steps.parquet")

    rows = pyarrow.parquet.read_table(tmp_path / "steps.parquet").to_pylist()
    assert [(row["index"], row["step"]) for row in rows] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert rows[0] == {
        "policy": "random",
        "index": 0,
        "seed": 40,
        "step": 0,
        "observation": '{"x":0}',
        "action": '{"go":"é"}',
        "reward": None,
        "next_observation": '{"x":1}',
        "terminated": False,
        "truncated": False,
        "info": "{}",
    }
    assert (rows[1]["reward"], rows[1]["terminated"], rows[1]["info"]) == (2.5, True, '{"success":true}')
    assert rows[1]["next_observation"] == '{"x":2}'


def test_parquet_has_a_row_for_each_episode(tmp_path: Path) -> None:
    write(tmp_path / "e.jsonl", [episode(), FAILED])

    to_parquet(tmp_path / "e.jsonl", tmp_path / "episodes.parquet", rows="episode")

    rows = pyarrow.parquet.read_table(tmp_path / "episodes.parquet").to_pylist()
    assert rows[0] == {
        "policy": "random",
        "index": 0,
        "seed": 40,
        "return": 2.5,
        "length": 2,
        "end": "terminated",
        "success": True,
        "started_at": "2026-01-02T03:04:05.678+00:00",
        "reset_s": 0.1,
        "act_s": 0.2,
        "step_s": 0.3,
        "error": None,
    }
    assert (rows[1]["end"], rows[1]["error"]) == ("error", "PolicyError: no idea")


def test_parquet_of_steps_that_were_not_kept_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    write(tmp_path / "e.jsonl", [episode()])

    with pytest.raises(ConfigurationError, match="episode 0 of random was kept without its steps"):
        to_parquet(tmp_path / "e.jsonl", tmp_path / "steps.parquet")

    assert [path.name for path in tmp_path.iterdir()] == ["e.jsonl"]


def test_a_missing_file_is_named_by_an_error_of_this_package(tmp_path: Path) -> None:
    missing = tmp_path / "missing.jsonl"

    for reading in (lambda: list(read(missing)), lambda: to_parquet(missing, tmp_path / "steps.parquet")):
        with pytest.raises(EpisodeFileError, match=r"missing\.jsonl: No such file or directory") as refused:
            reading()
        assert "episodes.jsonl" in str(refused.value.hint)

    assert not list(tmp_path.iterdir())


def test_rows_that_there_are_not_are_refused_with_those_that_there_are(tmp_path: Path) -> None:
    write(tmp_path / "e.jsonl", [episode()])
    rows: Any = "episodes"

    with pytest.raises(ConfigurationError, match="rows is episode or step, not 'episodes'"):
        to_parquet(tmp_path / "e.jsonl", tmp_path / "out.parquet", rows=rows)


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MissingExtraError) as caught:
        episodes.to_parquet(tmp_path / "e.jsonl", tmp_path / "e.parquet")

    assert caught.value.data == {"package": "pyarrow", "extra": "parquet"}
