"""Tables of evaluations."""

from __future__ import annotations

import pytest

from openenv.evaluation import Estimate, Summary
from openenv_cli import table


def test_names_begin_and_numbers_end_below_each_other() -> None:
    assert table.lines([("a", "name", "n"), ("b", "x", "10")], names=2) == ["a  name   n", "b  x     10"]


def test_a_policy_whose_every_episode_failed_has_no_numbers_and_says_so() -> None:
    failed = Summary("p", 3, 3, None, None, None, None, None)

    assert table.row(failed) == ("p", "3", "failed", "-", "-", "-", "-", "-", "3")


def test_a_row_has_a_cell_for_each_column() -> None:
    found = Summary("p", 4, 1, Estimate(0.5, 0.25, 0.75, 3), 0.5, 2 / 3, 7.0, 12345.6)

    assert dict(zip(table.HEADER, table.row(found), strict=True)) == {
        "policy": "p",
        "episodes": "4",
        "return": "0.5",
        "95 % interval": "[0.25, 0.75]",
        "median": "0.5",
        "success": "67%",
        "length": "7",
        "steps/s": "12346",
        "errors": "1",
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.123456, "0.1235"),
        (-99.996, "-100"),
        (1234.5, "1234"),
        (-54760.4, "-54760"),
        (0.00001, "1e-05"),
        (1e20, "1e+20"),
    ],
)
def test_numbers_are_written_out_as_far_as_they_can_be_read(value: float, written: str) -> None:
    found = Summary("p", 1, 0, Estimate(value, value, value, 1), value, 1.0, 1.0, 1.0)

    assert table.row(found)[2:5] == (written, f"[{written}, {written}]", written)
