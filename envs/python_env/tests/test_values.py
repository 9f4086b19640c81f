"""Values come out of the sandbox as data, and are compared outside."""

import json
import math
from collections import Counter
from time import struct_time

import pytest

from python_env.server.harness import encoded
from python_env.server.values import decoded, same, shown


def through(value: object) -> object:
    return decoded(json.loads(json.dumps(encoded(value))))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(10**30),
        1.5,
        "text\n\ud800",
        b"\x00\xff",
        [1, [2.5, None]],
        (1, ("a",)),
        {1, 2},
        {"a": [1], 2: (3,), (4, 5): {6: 7}},
        [],
        (),
        {},
        set(),
    ],
)
def test_plain_data_comes_through_as_it_is(value: object) -> None:
    assert through(value) == value
    assert type(through(value)) is type(value)


def test_infinities_come_through() -> None:
    assert through(math.inf) == math.inf
    assert same(through(math.nan), math.nan)


def test_subclasses_of_plain_data_come_through_as_it() -> None:
    assert through(Counter("aab")) == {"a": 2, "b": 1}
    assert through(struct_time([2, 0, 0, 0, 0, 0, 0, 0, 0])) == (2, 0, 0, 0, 0, 0, 0, 0, 0)


def test_an_object_that_equals_everything_equals_nothing() -> None:
    class Anything:
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 0

    assert not same(through(Anything()), 5)
    assert not same(through([Anything()]), [5])
    assert "Anything" in shown(through(Anything()))


@pytest.mark.parametrize(
    "data", [[1], {}, {"list": [], "set": []}, {"file": "x"}, {"list": 5}, {"set": [{"list": []}]}, {"dict": [[1]]}]
)
def test_what_is_no_value_is_refused(data: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        decoded(data)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (0.1 + 0.2, 0.3),
        ([0.1 + 0.2], [0.3]),
        ({"a": (0.1 + 0.2,)}, {"a": (0.3,)}),
        (1, 1.0),
        (1.0, 1),
        (1e-12, 0.0),
        ({0.1 + 0.2, "a"}, {0.3, "a"}),
        ({0.1 + 0.2: 1}, {0.3: 1}),
        ({(0.1 + 0.2, 1)}, {(0.3, 1)}),
    ],
)
def test_floats_are_compared_within_a_tolerance(actual: object, expected: object) -> None:
    assert same(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (0.3001, 0.3),
        (True, 1),
        (1, True),
        ([True], [1]),
        ((1, 2), [1, 2]),
        ([1, 2], [1]),
        ("1", 1),
        ({True}, {1}),
        ({True: 1}, {1: 1}),
        ({(1, True)}, {(1, 1)}),
        ({1, 2}, {1}),
        ({1}, {1, 2}),
        ({0.3, 0.4}, {0.3, 0.5}),
        ({"a": 1, "b": 2}, {"a": 1}),
        (None, False),
        ({"a": 1}, {"a": 1, "b": 2}),
        (10**400, 1.0),
        (math.nan, 1.0),
    ],
)
def test_different_values_are_not_the_same(actual: object, expected: object) -> None:
    assert not same(actual, expected)


def test_long_values_are_cut() -> None:
    assert len(shown("x" * 10_000)) < 400
