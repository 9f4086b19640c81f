"""What may differ between two plays of one episode, and what may not."""

from __future__ import annotations

from tempfile import gettempdir
from typing import Any

import pytest

from openenv.validation.check import ProbeError
from openenv.validation.play.arena import Answer
from openenv.validation.play.comparison import difference
from openenv.validation.serving.wire import Frame


def result(**observation: Any) -> Answer:
    data = {"observation": observation, "reward": 1.0, "done": False, "metadata": {"took": id(observation)}}
    return Answer(Frame("observation", data, {}))


def error(code: str, message: str = "") -> Answer:
    return Answer(Frame("error", {"code": code, "message": message}, {}))


def state(**data: Any) -> Answer:
    return Answer(Frame("state", data, {}))


NO_ANSWER = Answer(None, ProbeError("reset was not answered within 3 s"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (result(a=1), result(a=1)),
        (result(a=0.1 + 0.2), result(a=0.3)),
        (result(a=float("nan")), result(a=float("nan"))),
        (result(time_s=0.1), result(time_s=0.2)),
        (result(reports=[{"name": "x", "duration_ms": 1}]), result(reports=[{"name": "x", "duration_ms": 9}])),
        (result(made_at="10:00"), result(made_at="10:01")),
        (result(created_at=1795294239), result(created_at=1795294240)),
        (result(timestamp="2026-11-21T21:00:00Z"), result(timestamp="2026-11-21T21:00:01Z")),
        (result(time={"from": 0.25, "to": 0.5}), result(time={"from": 0.3, "to": 0.75})),
        (result(duration="PT0.1S"), result(duration="PT0.2S")),
        (
            result(folder="/tmp/openenv-690pmm1e/tmpel4nuhak/log"),
            result(folder="/tmp/openenv-690pmm1e/tmp0_a8fjnd/log"),
        ),
        (result(text=f"see {gettempdir()}/game-a1/x.txt."), result(text=f"see {gettempdir()}/game-b22/x.txt.")),
        (result(text="in tmpel4nuhak"), result(text="in tmp0_a8fjnd")),
        (state(step_count=1, episode_id="a"), state(step_count=1, episode_id="b")),
        (result(text="<A object at 0x7f3974471860>"), result(text="<A object at 0x7f39744718f0>")),
        (
            result(name="0b5b4c5e-2f1d-4c3a-9d55-0a4f5a2c8a11"),
            result(name="1c5b4c5e-2f1d-4c3a-9d55-0a4f5a2c8a11"),
        ),
        (error("INVALID_ACTION", "no 1"), error("INVALID_ACTION", "no 2")),
        (Answer(None), Answer(None)),
        (NO_ANSWER, NO_ANSWER),
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
        (state(step_count=3), state(step_count=1), "state.step_count is 3, not 1"),
        (NO_ANSWER, result(a=1), "the answer is missing (reset was not answered within 3 s), not given"),
        (result(a=1), NO_ANSWER, "the answer is given, not missing (reset was not answered within 3 s)"),
        (result(time_left=3), result(time_left=99), "observation.time_left is 3, not 99"),
        (result(game_clock={"moves": 1}), result(game_clock={"moves": 2}), "observation.game_clock.moves is 1, not 2"),
        (result(time=["left"]), result(time=["right"]), "observation.time.0 is left, not right"),
        (result(date=True), result(date=False), "observation.date is True, not False"),
    ],
)
def test_everything_else_is_one(one: Answer, other: Answer, said: str) -> None:
    assert str(difference(one, other)) == said


@pytest.mark.parametrize(
    ("one", "other", "of_clocks"),
    [
        ("Today is 2026-11-21 21:00:00", "Today is 2026-11-21 21:00:01", True),
        ("it is 1795294239.83", "it is 1795294240.1", True),
        ("ran in 0.25 s", "ran in 0.375 s", True),
        (3, 4, False),
        ("room 3", "room 4", False),
        ("left at 10:00", "right at 10:00", False),
    ],
)
def test_what_a_clock_may_have_said_is_told_from_the_rest(one: Any, other: Any, of_clocks: bool) -> None:
    found = difference(result(a=one), result(a=other))
    assert found is not None
    assert found.of_clocks is of_clocks
