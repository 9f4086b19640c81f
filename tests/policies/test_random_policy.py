from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field
from support.walks import WalkAction, WalkObservation

from openenv.policies import PolicyError, RandomPolicy
from openenv.types import Action


class Move(Action):
    """Takes one of the legal actions, and more."""

    column: Annotated[int, Field(ge=0, le=6)]
    game: str = "chess"


class Drop(Action):
    """Could take a legal action in two places."""

    row: int
    column: int


class Free(Action):
    """Nothing lists what is legal."""

    angle: Annotated[float, Field(ge=-1, le=1)]
    gear: Annotated[int, Field(ge=0, le=100)]


class Unmakeable(Action):
    """No value is known for the pattern."""

    code: Annotated[str, Field(pattern="^Z{17}$")]


def played(policy: RandomPolicy, seed: int | None, observation: Any, times: int = 30) -> list[Any]:
    policy.reset(seed)
    return [policy.act(observation) for _ in range(times)]


def test_takes_legal_actions_only_and_all_of_them() -> None:
    seen = WalkObservation(position=0, legal_actions=[-1, 1])

    actions = played(RandomPolicy(WalkAction), 0, seen)

    assert {type(action) for action in actions} == {WalkAction}
    assert {action.side for action in actions} == {-1, 1}


def test_leaves_optional_fields_alone() -> None:
    assert played(RandomPolicy(Move.model_json_schema()), 0, {"legal_actions": [3]}, 5) == [{"column": 3}] * 5
    assert played(RandomPolicy(Move), 0, {"legal_actions": [3]}, 1)[0].model_fields_set == {"column"}


def test_the_same_seed_gives_the_same_actions_and_another_one_others() -> None:
    policy, seen = RandomPolicy(Move), {"legal_actions": [0, 1, 2, 3, 4, 5, 6]}

    assert played(policy, 7, seen) == played(policy, 7, seen) == played(RandomPolicy(Move), 7, seen)
    assert played(policy, 7, seen) != played(policy, 8, seen)
    assert played(policy, 7, {}) == played(policy, 7, {})


def test_takes_a_whole_legal_action_as_it_is() -> None:
    assert played(RandomPolicy(Drop), 0, {"legal_actions": [{"row": 1, "column": 2}]}, 1) == [Drop(row=1, column=2)]


@pytest.mark.parametrize("seen", [{}, {"legal_actions": []}, {"legal_actions": None}, "text"])
def test_without_legal_actions_the_schema_decides(seen: Any) -> None:
    actions = played(RandomPolicy(Free), 1, seen, 200)

    assert len({action.angle for action in actions}) == 200
    assert min(action.angle for action in actions) < -0.9
    assert max(action.gear for action in actions) > 90


def test_asks_which_field_is_meant_where_two_could_be() -> None:
    with pytest.raises(PolicyError, match="an action has fields that take it: row, column") as caught:
        played(RandomPolicy(Drop), 0, {"legal_actions": [4]})

    assert caught.value.hint is not None
    assert "field=" in caught.value.hint
    assert {action.column for action in played(RandomPolicy(Drop, field="column"), 0, {"legal_actions": [4]})} == {4}


def test_says_so_where_no_field_takes_a_legal_action() -> None:
    with pytest.raises(PolicyError, match="'north' is a legal action, but an action has no field that takes it"):
        played(RandomPolicy(Drop), 0, {"legal_actions": ["north"]})


def test_says_so_where_no_action_can_be_made() -> None:
    with pytest.raises(PolicyError, match="no action can be made from the schema: no text was found"):
        played(RandomPolicy(Unmakeable), 0, {})
