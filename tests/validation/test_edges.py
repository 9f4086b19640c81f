"""Actions from the edges of a schema."""

from __future__ import annotations

from itertools import takewhile
from typing import Any, Literal

from pydantic import BaseModel, Field

from openenv.types import Action
from openenv.validation.json_schema import misfits
from openenv.validation.play.edges import edges_of


class Inner(BaseModel):
    depth: int = Field(default=1, ge=1, le=9)


class Wide(Action):
    kind: Literal["one", "two", "three"] = "one"
    text: str = Field(default="a", min_length=1, max_length=300)
    amount: float = Field(default=0.0, gt=-5, lt=5)
    index: int = 0
    note: str | None = None
    flags: list[bool] = Field(default=[], max_length=4)
    inner: Inner = Inner()


SCHEMA = Wide.model_json_schema()


def values_of(field: str) -> list[Any]:
    fitting = takewhile(lambda action: not misfits(SCHEMA, action), edges_of(SCHEMA))
    return [action[field] for action in fitting if field in action]


def test_the_first_one_has_nothing_that_may_be_left_out() -> None:
    assert next(edges_of(SCHEMA)) == {}


def test_every_member_is_tried() -> None:
    assert set(values_of("kind")) == {"one", "two", "three"}


def test_texts_are_tried_from_the_shortest_to_the_longest_and_in_other_scripts() -> None:
    texts = values_of("text")
    assert min(map(len, texts)) == 1
    assert max(map(len, texts)) == 300
    assert any(not text.isascii() for text in texts)


def test_numbers_are_tried_within_their_limits_and_far_out_where_there_are_none() -> None:
    assert all(-5 < amount < 5 for amount in values_of("amount"))
    assert {2**63, -1, 0} <= set(values_of("index"))


def test_nothing_and_nested_values_are_tried() -> None:
    assert None in values_of("note")
    assert [] in values_of("flags")
    assert [True] in values_of("flags")
    assert {"depth": 9} in values_of("inner")


def test_wrong_ones_come_last() -> None:
    fits = [not misfits(SCHEMA, action) for action in edges_of(SCHEMA)]
    assert fits == sorted(fits, reverse=True)
    assert False in fits


def test_it_is_the_same_every_time() -> None:
    assert list(edges_of(SCHEMA)) == list(edges_of(SCHEMA))
