"""Plays episodes in this process, without a server."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from openspiel_env import OpenSpielAction, OpenSpielObservation
from openspiel_env.policies import KnownGoodPolicy
from openspiel_env.server.environment import OpenSpielEnvironment

Choice = Callable[[OpenSpielObservation], OpenSpielAction]


@dataclass
class Episode:
    """What an agent saw, from the reset on."""

    seen: list[OpenSpielObservation]

    @property
    def last(self) -> OpenSpielObservation:
        return self.seen[-1]

    @property
    def sum_of_rewards(self) -> float:
        return sum(observation.reward or 0.0 for observation in self.seen)


def play(choose: Choice, environment: OpenSpielEnvironment | None = None, **options: Any) -> Episode:
    environment = environment or OpenSpielEnvironment()
    seen = [environment.reset(**options)]
    while seen[-1].legal_actions:
        seen.append(environment.step(choose(seen[-1])))
    return Episode(seen)


def at_random(seed: int) -> Choice:
    random = Random(seed)
    return lambda observation: OpenSpielAction(action_id=random.choice(observation.legal_actions))


def known_good(seed: int) -> Choice:
    policy = KnownGoodPolicy()
    policy.reset(seed)
    return policy.act


def returns(of: Callable[[int], Choice], episodes: int, **options: Any) -> list[float]:
    environment = OpenSpielEnvironment()
    return [play(of(seed), environment, seed=seed, **options).sum_of_rewards for seed in range(episodes)]
