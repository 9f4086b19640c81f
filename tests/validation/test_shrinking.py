"""The shortest script that still shows a failure."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openenv.validation.play.script import Request, Script
from openenv.validation.play.shrinking import shortest, simplest

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


STATE = Request("state")


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


@pytest.mark.parametrize(
    ("value", "shows", "found"),
    [
        ("hello world", lambda value: "w" in value, "w"),
        ("a" * 10_000, lambda value: len(value) > 20, "a" * 21),
        ([{"n": 1}, {"n": 2}, {"n": 0}], lambda value: {"n": 0} in value, [{"n": 0}]),
        ([[7, 8], "long"], lambda value: any(value), [[0]]),
        (987, lambda value: value > 600, 601),
        (-987, lambda value: value < -1, -2),
        (2**63, lambda value: value >= 2**31, 2**31),
        (1e308, lambda value: value > 1e300, 1e308),
        (0.123456, lambda value: 0.12 < value < 0.13, 0.123),
        (-7.5, lambda value: value < 0, -1.0),
        (-0.0, lambda value: str(value) == "-0.0", -0.0),
        (float("inf"), lambda value: value > 1e300, float("inf")),
        ({"x": {"y": [True, None]}, "z": 1}, lambda value: "x" in value, {"x": {}}),
    ],
)
def test_a_value_becomes_as_simple_as_can_be(value: Any, shows: Callable[[Any], bool], found: Any) -> None:
    assert shows(value)
    while (simpler := simplest(value, shows)) != value:
        value = simpler
    assert repr(value) == repr(found)


def test_what_is_not_needed_is_left_out_at_once() -> None:
    asked: list[Script] = []

    def shows(script: Script) -> bool:
        asked.append(script)
        return {"n": 49} in data(script) and script.requests[0].kind == "reset"

    states = Script(tuple(one for request in steps(*({"n": n} for n in range(50))) for one in (request, STATE)))
    found = shortest(Script(states.requests[:-1]), shows, tries=20)
    assert data(asked[0]) == [{"seed": 3}, {"n": 49}]
    assert [(one.kind, one.data) for one in found] == [("reset", {"seed": 0}), ("step", {"n": 49})]


def test_many_steps_become_the_same_step() -> None:
    script = steps(*({"n": n, "more": "words"} for n in range(50)))
    found = shortest(script, lambda one: sum(request.kind == "step" for request in one) >= 30, tries=200)
    assert data(found) == [{}] * 30


@given(JSON, st.randoms(use_true_random=False))
def test_simpler_values_show_it_and_come_to_an_end(value: Any, random: Random) -> None:
    shown = [value]

    def shows(one: Any) -> bool:
        assert repr(one) not in map(repr, shown)
        if random.random() < 0.5:
            return False
        shown.append(one)
        return True

    assert repr(simplest(value, shows)) == repr(shown[-1])
