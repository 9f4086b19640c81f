"""Many clients at once on a server with few slots, while their sockets are cut at random."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.puppets import AsyncPuppet, InlinePuppet, Puppet, journal
from support.serving import Served, serving, until
from support.stubborn import StubbornClient
from support.tcp_proxy import RandomCuts, cutting

SLOTS = 4


def play_episodes(url: str, seed: int, episodes: int) -> list[tuple[int, int]]:
    """Play some episodes, each in a session of its own; returns each puppet and its number of steps."""
    chance, played = random.Random(seed), []
    for _ in range(episodes):
        client = StubbornClient(url)
        client.open(wait_s=30.0)
        puppet = client.request("reset", {"seed": seed})["data"]["observation"]["puppet"]
        steps = chance.randrange(2, 8)
        for number in range(1, steps + 1):
            seen = client.step(amount=2)["data"]["observation"]
            assert (seen["puppet"], seen["steps"], seen["total"]) == (puppet, number, seed + 2 * number)
        assert client.request("state")["data"]["step_count"] == steps
        client.close()
        client.leave()
        played.append((puppet, steps))
    return played


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(Puppet, {"isolation": "thread"}), (InlinePuppet, {}), (AsyncPuppet, {})],
    ids=["thread", "inline", "async"],
)
@pytest.mark.parametrize(("clients", "episodes", "one_in"), [(8, 3, 25), (8, 2, 8)], ids=["some cuts", "many cuts"])
def test_every_step_of_everybody_runs_once_and_no_slot_is_lost(
    kind: Any, settings: dict[str, Any], clients: int, episodes: int, one_in: int
) -> None:
    # Sessions that were opened but never heard of give way to those who wait.
    with serving(kind, max_sessions=SLOTS, limits={"evict_after_s": 5.0, "queue_size": 64}, **settings) as served:
        cuts = RandomCuts(seed=7, one_in=one_in)
        with cutting(served.address, cuts) as proxy, ThreadPoolExecutor(clients) as pool:
            playing = [pool.submit(play_episodes, proxy.ws, seed, episodes) for seed in range(clients)]
            played = [episode for one in playing for episode in one.result()]
        assert cuts.done > clients
        for puppet, steps in played:
            assert journal.of(puppet).count("step") == steps
        assert_every_slot_is_free_in_the_end(served)


def assert_every_slot_is_free_in_the_end(served: Served) -> None:
    served.call(lambda: [served.service.end(session, "over") for session in list(served.service.sessions.values())])
    until(lambda: served.call(lambda: served.service.store.active) == 0)
    assert served.service.store.waiting == 0
    assert served.service.sessions == {}
