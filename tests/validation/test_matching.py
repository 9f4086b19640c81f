"""Whether a client and a server mean the same, and the words in which it is told that they do not."""

from __future__ import annotations

from typing import Any

import pytest
from specimens import CountAction, Counter, CountObservation
from support.serving import app_of

from openenv.client.client import EnvClient
from openenv.types import Action, Observation, State
from openenv.validation.serving.matching import mismatches


class Other(Action):
    """Calls the amount otherwise."""

    much: int = 1


class Same(EnvClient[CountAction, CountObservation, State]): ...


class Open(EnvClient[Action, Observation, Any]): ...


class Exchanged(EnvClient[CountAction, CountAction, State]): ...


class Differing(EnvClient[Other, CountObservation, State]): ...


@pytest.mark.parametrize(
    ("client", "said"),
    [
        (Same, []),
        (Open, []),
        (Exchanged, ["the client says that observations are CountAction, the server that they are CountObservation"]),
        (
            Differing,
            [
                "the client's Other has the field 'much', which the server's CountAction does not",
                "the client's Other lacks the field 'amount' of the server's CountAction",
            ],
        ),
    ],
)
def test_a_client_is_compared_with_what_is_served(client: type, said: list[str]) -> None:
    assert mismatches(client, app_of(Counter).state.openenv_service.blueprint) == said
