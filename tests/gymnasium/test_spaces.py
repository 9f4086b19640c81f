from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import data_equivalence
from support.gymnasium_served import SPACES

from openenv.gymnasium.elements import from_json, to_json
from openenv.gymnasium.spaces import AnyOf, Choice, UnsupportedSpaceError, describe, plain, space_of


def over_the_wire(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def as_arrays(element: Any) -> Any:
    """Gymnasium samples a box of shape () as a number, where environments give an array."""
    return np.asarray(element) if isinstance(element, np.number) else element


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_a_space_comes_back_from_json_as_it_was(space):
    again = space_of(over_the_wire(describe(space)))

    assert again == space
    assert repr(again) == repr(space)
    assert again.dtype == space.dtype
    if isinstance(space, spaces.Box):
        assert again.low.tobytes() == space.low.tobytes()
        assert again.high.tobytes() == space.high.tobytes()
        assert (again.bounded_below == space.bounded_below).all()
        assert (again.bounded_above == space.bounded_above).all()


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_an_element_comes_back_from_json_as_it_was(space):
    for seed in range(10):
        space.seed(seed)
        element = space.sample()
        again = from_json(space, over_the_wire(to_json(space, element)))

        assert again in space
        assert data_equivalence(as_arrays(again), as_arrays(element), exact=True)


def test_the_order_of_a_dict_s_keys_is_kept():
    space = spaces.Dict(spaces=[("z", spaces.Discrete(2)), ("a", spaces.Discrete(2))])

    assert list(space_of(describe(space)).spaces) == ["z", "a"]


@pytest.mark.parametrize(
    "space",
    [
        spaces.Graph(spaces.Discrete(2), None),
        spaces.Tuple([spaces.Discrete(2), spaces.Graph(spaces.Discrete(2), None)]),
        spaces.Space((), np.int64),
    ],
    ids=["graph", "graph in a tuple", "a space of one's own"],
)
def test_a_space_that_cannot_be_json_is_named(space):
    with pytest.raises(UnsupportedSpaceError, match="cannot be written as JSON") as refused:
        describe(space)

    assert refused.value.data["kind"] in ("Graph", "Space")
    assert refused.value.data["kind"] in str(refused.value)
    assert "Box, Discrete, MultiDiscrete" in str(refused.value.hint)


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"type": "Blob"},
        {"type": "Discrete"},
        {"type": "Discrete", "n": "many", "start": 0, "dtype": "int64"},
        {"type": "Discrete", "n": 2**63, "start": 0, "dtype": "int64"},
        [],
    ],
)
def test_a_description_of_no_space_is_refused(description):
    with pytest.raises(UnsupportedSpaceError, match="describes no space"):
        space_of(description)


def test_a_choice_is_the_index_of_a_value():
    choice = Choice(["north", "south", None, 1, True])

    assert choice.n == 5
    assert [to_json(choice, index) for index in range(5)] == ["north", "south", None, 1, True]
    assert [int(from_json(choice, value)) for value in ("north", "south", None, 1, True)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="is none of the indexes 0 to 4"):
        to_json(choice, 5)
    with pytest.raises(ValueError, match="'up' is none of"):
        from_json(choice, "up")


@pytest.mark.parametrize("value", [None, 3, 2.5, "text", [1, 2]])
def test_a_value_of_any_kind_finds_the_space_that_holds_it(value):
    space = AnyOf(
        [
            Choice([None]),
            spaces.Box(-np.inf, np.inf, (), np.int64),
            spaces.Box(-np.inf, np.inf, (), np.float64),
            spaces.Text(9),
            spaces.Sequence(spaces.Discrete(3)),
        ]
    )
    element = from_json(space, value)

    assert element in space
    assert to_json(space, element) == value
    with pytest.raises(ValueError, match="is of none of the kinds"):
        from_json(space, {"a": 1})


@pytest.mark.parametrize(
    ("space", "element"),
    [
        (spaces.Tuple([spaces.Discrete(2)]), (0, 1)),
        (spaces.Tuple([spaces.Discrete(2)]), None),
        (spaces.Dict(a=spaces.Discrete(2)), {"b": 1}),
        (spaces.Sequence(spaces.Discrete(2)), 3),
        (spaces.OneOf([spaces.Discrete(2)]), 3),
        (spaces.OneOf([spaces.Discrete(2)]), (3, 1)),
        (spaces.OneOf([spaces.Discrete(2)]), (float("inf"), 1)),
        (spaces.Dict(a=spaces.Discrete(2)), 3),
    ],
)
def test_what_is_clearly_no_element_is_refused(space, element):
    with pytest.raises((ValueError, TypeError, IndexError)):
        to_json(space, element)


@pytest.mark.parametrize(
    ("space", "value"),
    [
        (spaces.Box(0, 1, (2,)), [0.5]),
        (spaces.Box(0, 1, (2,)), "text"),
        (spaces.Discrete(2), "text"),
        (spaces.Discrete(2), None),
        (spaces.Text(3), 3),
        (spaces.Tuple([spaces.Discrete(2)]), [0, 1]),
        (spaces.Dict(a=spaces.Discrete(2)), {}),
        (spaces.OneOf([spaces.Discrete(2)]), [0]),
        (spaces.OneOf([spaces.Discrete(2)]), [1, 0]),
        (spaces.OneOf([spaces.Discrete(2)]), [-1, 0]),
    ],
)
def test_json_of_another_form_is_refused(space, value):
    with pytest.raises((ValueError, TypeError)):
        from_json(space, value)


@pytest.mark.parametrize(
    ("space", "value"),
    [
        (spaces.Box(0, 255, (2,), np.uint8), [300, 1]),
        (spaces.Box(0, 255, (2,), np.uint8), [-1, 1]),
        (spaces.Box(0, 255, (2,), np.uint8), [1.9, 2.2]),
        (spaces.Box(0, 255, (1,), np.uint8), ["7"]),
        (spaces.Box(0, 1, (1,), np.bool_), [5]),
        (spaces.Box(-np.inf, np.inf, (), np.int64), 2**63),
        (spaces.Box(-np.inf, np.inf, (), np.float64), 10**400),
        (spaces.Box(-np.inf, np.inf, (1,), np.float32), [1e300]),
        (spaces.Box(-np.inf, np.inf, (1,), np.float32), [None]),
        (spaces.MultiBinary(2), [2**70, 0]),
        (spaces.Discrete(2), 2**63),
        (spaces.Discrete(2), 0.5),
        (spaces.Discrete(2), "1"),
    ],
    ids=str,
)
def test_a_number_that_would_become_another_one_is_refused(space, value):
    with pytest.raises((ValueError, TypeError), match=r"does not fit into|NoneType"):
        from_json(space, value)


def test_whole_floats_and_words_for_what_is_not_finite_are_numbers():
    assert from_json(spaces.Box(0, 255, (2,), np.uint8), [1.0, 2]).tolist() == [1, 2]
    assert from_json(spaces.Discrete(3), 2.0) == 2
    floats = from_json(spaces.Box(-np.inf, np.inf, (4,), np.float32), [0.1, "Infinity", "-Infinity", "NaN"])
    assert floats[:3].tolist() == [np.float32(0.1), np.inf, -np.inf]
    assert np.isnan(floats[3])


def test_infos_become_json():
    info = {
        "array": np.array([[1, 2]], np.int8),
        "number": np.float32(0.5),
        "bool": np.bool_(True),
        1: (None, {"a"}),
        "not finite": [np.nan, np.inf, -float("inf")],
        "object": spaces.Discrete(2),
    }

    assert over_the_wire(plain(info)) == {
        "array": [[1, 2]],
        "number": 0.5,
        "bool": True,
        "1": [None, ["a"]],
        "not finite": ["NaN", "Infinity", "-Infinity"],
        "object": "Discrete(2)",
    }
