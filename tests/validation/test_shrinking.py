"""The shortest script that still shows a failure."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openenv.validation.play.script import Request, Script
from openenv.validation.play.shrinking import shortest, simpler

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


def steps(*data: Any) -> Script:
    return Script((Request("reset", {"seed": 3}), *(Request("step", one) for one in data)))


def data(script: Script) -> list[Any]:
    return [request.data for request in script]


def test_what_does_not_matter_is_left_out() -> None:
    script = steps(*({"n": number} for number in range(50)))
    found = shortest(script, lambda one: {"n": 17} in data(one) and {"n": 40} in data(one), tries=400)
    assert data(found) == [{"n": 17}, {"n": 40}]


def test_what_is_left_is_made_simpler() -> None:
    found = shortest(
        steps({"word": "hello" * 40, "other": [1, 2]}),
        lambda one: any(len((request.data or {}).get("word", "")) > 5 for request in one),
        tries=200,
    )
    assert len(found) == 1
    (only,) = data(found)
    assert list(only) == ["word"]
    assert 5 < len(only["word"]) <= 11


def test_a_reset_keeps_a_seed() -> None:
    script = Script((Request("reset", {"seed": 3, "task": "a"}),))
    assert data(shortest(script, lambda one: True, tries=50)) == [{"seed": 0}]


def test_it_is_not_asked_more_often_than_allowed() -> None:
    asked: list[Script] = []

    def shows(script: Script) -> bool:
        asked.append(script)
        return len(script) > 3

    assert len(shortest(steps(*range(100)), shows, tries=7)) > 3
    assert len(asked) == 7


def test_the_result_shows_it_whatever_happens() -> None:
    script = steps(*range(20))
    assert shortest(script, lambda one: False, tries=1000) == script


@given(JSON)
def test_simpler_values_are_others_and_come_to_an_end(value: Any) -> None:
    for _ in range(200):
        following = next(simpler(value), None)
        if following is None:
            return
        assert repr(following) != repr(value)
        value = following
    raise AssertionError("it does not end")
