"""Every client of either package plays whole episodes on either server, and sees the same."""

from __future__ import annotations

from typing import Any

import pytest
from sides import Side

CLIENTS = ["async-typed", "sync-typed", "async-generic", "sync-generic"]


@pytest.fixture(scope="module")
def expected(peer: Side, peer_game: str) -> dict[str, list[Any]]:
    """What the peer's clients see on the peer's server."""
    return {what: peer.play(what, peer_game) for what in CLIENTS}


@pytest.mark.parametrize("what", CLIENTS)
def test_the_clients_of_the_peer_play_on_our_server(what: str, peer: Side, our_game: str, expected: Any) -> None:
    assert peer.play(what, our_game) == expected[what]


@pytest.mark.parametrize("what", CLIENTS)
def test_our_clients_play_on_the_server_of_the_peer(what: str, ours: Side, peer_game: str, expected: Any) -> None:
    assert ours.play(what, peer_game) == expected[what]


@pytest.mark.parametrize("what", CLIENTS)
def test_our_clients_play_on_our_server(what: str, ours: Side, our_game: str, expected: Any) -> None:
    assert ours.play(what, our_game) == expected[what]


def test_the_episodes_are_whole(expected: dict[str, list[Any]]) -> None:
    for record in expected.values():
        endings = [one for one in record if isinstance(one, list) and one[2]]
        states = [one for one in record if isinstance(one, dict)]
        failures = [one for one in record if isinstance(one, str)]
        assert [ending[0]["hint"] for ending in endings] == ["found", "found"]
        assert failures == ["as expected"] * 2
        assert [state["episode_id"] for state in states] == ["episode-3", "episode-4"]
