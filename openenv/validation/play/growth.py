"""What one episode after another needs."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from openenv.validation.play.arena import Arena
from openenv.validation.play.memory import resident_bytes
from openenv.validation.play.script import Script

_STEPS = 10


@dataclass(frozen=True)
class Measured:
    """What an episode needed.

    Attributes:
        step_s: How long its steps took, their median, in seconds.
        memory: How much memory the server held after it, in bytes; ``None`` where nobody can tell.
    """

    step_s: float
    memory: float | None


def measured(arena: Arena, script: Script) -> list[Measured]:
    """Play the same short episode again and again in one session.

    Args:
        arena: Where.
        script: Its requests, of which the first few are taken.

    Returns:
        What each episode needed; fewer than were asked for where the time is up.
    """
    requests = script.only(script.episodes()[0]).requests[: 1 + _STEPS]
    found: list[Measured] = []
    arena.require_time()
    with arena.session() as player:
        for _ in arena.share_of(range(arena.effort.trend)):
            answers = [arena.ask(player, request) for request in requests]
            if any(answer.trouble for answer in answers):
                break
            memory = None if arena.pid is None else resident_bytes(arena.pid)
            found.append(Measured(statistics.median(answer.seconds for answer in answers[1:]), memory))
    return found
