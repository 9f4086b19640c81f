"""What may differ between two plays of one episode, and what may not."""

from __future__ import annotations

from typing import Any

import pytest

from openenv.validation.play.arena import Answer
from openenv.validation.play.comparison import difference
from openenv.validation.serving.wire import Frame


def result(**observation: Any) -> Answer:
    data = {"observation": observation, "reward": 1.0, "done": False, "metadata": {"took": id(observation)}}
    return Answer(Frame("observation", data, {}))


def error(code: str, message: str = "") -> Answer:
    return Answer(Frame("error", {"code": code, "message": message}, {}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (result(a=1), result(a=1)),
        (result(a=0.1 + 0.2), result(a=0.3)),
        (result(a=float("nan")), result(a=float("nan"))),
        (result(time_s=0.1), result(time_s=0.2)),
        (result(reports=[{"name": "x", "duration_ms": 1}]), result(reports=[{"name": "x", "duration_ms": 9}])),
        (result(made_at="10:00"), result(made_at="10:01")),
        (result(text="<A object at 0x7f3974471860>"), result(text="<A object at 0x7f39744718f0>")),
        (
            result(name="0b5b4c5e-2f1d-4c3a-9d55-0a4f5a2c8a11"),
            result(name="1c5b4c5e-2f1d-4c3a-9d55-0a4f5a2c8a11"),
        ),
        (error("INVALID_ACTION", "no 1"), error("INVALID_ACTION", "no 2")),
        (Answer(None), result(a=1)),
    ],
)
def test_what_may_differ_is_no_difference(one: Answer, other: Answer) -> None:
    assert difference(one, other) is None


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (result(a=1), result(a=2), "observation.a is 1, not 2"),
        (result(a=1), result(), "observation.a is 1, not None"),
        (result(a=[1, 2]), result(a=[1, 3]), "observation.a.1 is 2, not 3"),
        (result(a=[1]), result(a=[1, 2]), "observation.a is [1], not [1, 2]"),
        (result(a="left"), result(a="right"), "observation.a is left, not right"),
        (result(a=True), result(a="True"), "observation.a is True, not True"),
        (error("INVALID_ACTION"), error("EXECUTION_ERROR"), "error is INVALID_ACTION, not EXECUTION_ERROR"),
        (error("INVALID_ACTION"), result(a=1), "error is INVALID_ACTION, not None"),
    ],
)
def test_everything_else_is_one(one: Answer, other: Answer, said: str) -> None:
    assert difference(one, other) == said
