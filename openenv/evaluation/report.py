"""What an evaluation found. Pure: episodes in, numbers out."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from openenv.episodes import Episode, Failure
from openenv.evaluation.statistics import Estimate, estimate


@dataclass(frozen=True)
class Summary:
    """One policy's episodes. Those that failed are counted, and are in none of the other numbers.

    Attributes:
        policy: The policy.
        episodes: How many were played.
        errors: How many of them failed.
        total_reward: Mean return, with its interval; ``None``, as the next three, where every episode failed.
        median: Median return.
        success: Share of successes, 0 to 1.
        length: Mean number of steps.
        steps_per_s: Steps a second of one session, with all that the policy and the environment did; ``None`` where
            no step was taken.
        cut_short: How many went on until ``max_steps``, so that their returns are only what they had earned by then.
    """

    policy: str
    episodes: int
    errors: int
    total_reward: Estimate | None
    median: float | None
    success: float | None
    length: float | None
    steps_per_s: float | None
    cut_short: int = 0


@dataclass(frozen=True)
class Comparison:
    """Two policies on the seeds that both have played to the end.

    Attributes:
        policy: The one that was named later.
        other: The one that was named first.
        difference: Mean of its return less the other's on the same seed, with its interval.
        ahead: On how many seeds it returned more.
        behind: On how many it returned less.
    """

    policy: str
    other: str
    difference: Estimate
    ahead: int
    behind: int


@dataclass(frozen=True)
class Report:
    """What an evaluation found.

    Attributes:
        target: What was evaluated on.
        episodes: The episodes, by policy and in the order of their seeds.
        policies: What each policy did.
        comparisons: Each two of them beside each other.
    """

    target: str
    episodes: tuple[Episode, ...]
    policies: tuple[Summary, ...]
    comparisons: tuple[Comparison, ...]

    @classmethod
    def of(cls, target: str, policies: Sequence[str], episodes: Iterable[Episode]) -> Report:
        """Sum up.

        Args:
            target: What was evaluated on.
            policies: The policies, in the order in which to show them.
            episodes: Their episodes, in any order.

        Returns:
            The report.
        """
        ordered = sorted(episodes, key=lambda episode: (policies.index(episode.policy), episode.index))
        by_policy = {name: [episode for episode in ordered if episode.policy == name] for name in policies}
        compared = (_comparison(by_policy[later], by_policy[first]) for first, later in combinations(policies, 2))
        return cls(
            target,
            tuple(ordered),
            tuple(_summary(name, own) for name, own in by_policy.items()),
            tuple(found for found in compared if found is not None),
        )

    @property
    def failed(self) -> tuple[Episode, ...]:
        """The episodes that failed."""
        return tuple(episode for episode in self.episodes if episode.error is not None)

    @property
    def failures(self) -> list[tuple[str, Failure, list[int]]]:
        """What went wrong, each thing once: the policy that played, the error, and the seeds."""
        seeds: dict[tuple[str, Failure], list[int]] = {}
        for episode in self.failed:
            assert episode.error is not None
            seeds.setdefault((episode.policy, episode.error), []).append(episode.seed)
        return [(policy, failure, found) for (policy, failure), found in seeds.items()]

    def as_json(self) -> dict[str, Any]:
        """Lay the report out as JSON values; the episodes themselves are left out, but for those that failed."""
        return {
            "target": self.target,
            "policies": [asdict(summary) for summary in self.policies],
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
            "failed": [episode.model_dump(mode="json", exclude={"steps"}) for episode in self.failed],
        }


def _summary(policy: str, episodes: Sequence[Episode]) -> Summary:
    played = [episode for episode in episodes if episode.error is None]
    returns = [episode.total_reward for episode in played]
    steps = sum(episode.length for episode in played)
    seconds = sum(episode.times.reset_s + episode.times.act_s + episode.times.step_s for episode in played)
    return Summary(
        policy=policy,
        episodes=len(episodes),
        errors=len(episodes) - len(played),
        total_reward=estimate(returns),
        median=statistics.median(returns) if played else None,
        success=statistics.fmean(episode.success for episode in played) if played else None,
        length=steps / len(played) if played else None,
        steps_per_s=steps / seconds if steps else None,
        cut_short=sum(episode.end == "max_steps" for episode in played),
    )


def _comparison(episodes: Sequence[Episode], others: Sequence[Episode]) -> Comparison | None:
    theirs = {episode.seed: episode.total_reward for episode in others if episode.error is None}
    mine = [episode for episode in episodes if episode.error is None and episode.seed in theirs]
    differences = [episode.total_reward - theirs[episode.seed] for episode in mine]
    difference = estimate(differences)
    if difference is None:
        return None
    ahead, behind = sum(each > 0 for each in differences), sum(each < 0 for each in differences)
    return Comparison(episodes[0].policy, others[0].policy, difference, ahead, behind)
