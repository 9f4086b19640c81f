from __future__ import annotations

import struct
from pathlib import Path

from support.walks import LeftPolicy, RightPolicy, Walk

from openenv.evaluation import evaluate
from openenv.evaluation.plot import draw


def size(file: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    head = file.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:])
    return width, height


def test_draws_a_row_for_each_policy_also_where_all_its_episodes_failed(tmp_path: Path) -> None:
    one = evaluate(Walk, {"right": RightPolicy}, episodes=5)
    three = evaluate(Walk, {"right": RightPolicy, "left": LeftPolicy, "bad": lambda: Bad()}, episodes=5)

    draw(one, tmp_path / "one.png")
    draw(three, tmp_path / "three.png")

    (width, low), (same_width, high) = size(tmp_path / "one.png"), size(tmp_path / "three.png")
    assert width == same_width
    assert high > low


class Bad(RightPolicy):
    """Never knows what to do."""

    def act(self, observation: object) -> dict[str, int]:
        raise LookupError("lost")
