"""What travels between an agent and an environment."""

from __future__ import annotations

import pytest
from pydantic import Field

from openenv import State
from openenv.errors import RequestValidationError


class Level(State):
    level: int = Field(ge=1)


def test_a_fresh_state_has_the_name_that_was_asked_for_or_one_of_its_own() -> None:
    names = [Level.begin(name, level=1).episode_id for name in ("mine", None, None)]

    assert names[0] == "mine"
    assert len(set(names)) == 3


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (0, "level: Input should be greater than or equal to 1, got 0"),
        ("high", "level: Input should be a valid integer, unable to parse string as an integer, got 'high'"),
    ],
)
def test_a_field_that_is_wrong_is_a_request_that_is_refused(level: object, said: str) -> None:
    with pytest.raises(RequestValidationError) as caught:
        Level.begin(None, level=level)

    assert caught.value.message == said
