"""The engine for tests, as far as it can be shown without starting one."""

from __future__ import annotations

import os

import pytest

from scripts.engine import Engine

LEFT = {"nothing": "", "words": "no number", "of another program": str(os.getpid()), "of none": "99999999"}


@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT.keys())
def test_what_a_killed_engine_has_left_behind_is_not_taken_for_one_that_runs(tmp_path, left):
    (tmp_path / "pid").write_text(left, encoding="ascii")

    assert Engine(tmp_path).pid is None


def test_an_engine_that_does_not_run_is_stopped_already(tmp_path):
    Engine(tmp_path).stop()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_path_is_too_long_for_a_socket_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="too long for a socket"):
        Engine(tmp_path / ("x" * 100))
