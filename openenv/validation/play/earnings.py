"""What policies earn, and what they are shown before they act."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread
from typing import Any

from openenv.project.project import Project
from openenv.validation.check import ProbeError
from openenv.validation.play.actions import ActionMaker
from openenv.validation.play.arena import Arena
from openenv.validation.play.script import Request

RANDOM = "random"
"""The name of the policy that takes any action; it needs no project."""

_LONGEST = 1000
_LONG_TEXT = 8

Act = Callable[[Any], Any]


@dataclass(frozen=True)
class Earned:
    """An episode of a policy.

    Attributes:
        seed: Its seed.
        total: The sum of its rewards.
        actions: What was done.
        observations: What was seen before each action.
    """

    seed: int
    total: float
    actions: tuple[Any, ...]
    observations: tuple[Any, ...]


class PolicyFailure(Exception):
    """A policy did not act; the message says why."""


def earned(arena: Arena, name: str, project: Project | None, seeds: range) -> list[Earned]:
    """Have a policy play.

    Args:
        arena: Where.
        name: ``random``, or the name that the manifest gives it.
        project: Where it is from.
        seeds: An episode for each.

    Returns:
        The episodes.

    Raises:
        PolicyFailure: It cannot be made, or does not act.
        ProbeError: A request is not answered by an observation.
    """
    if name == RANDOM:
        return [_played(arena, seed, ActionMaker(arena.schemas.action, seed).make) for seed in arena.share_of(seeds)]
    named = project.manifest.policies.get(name) if project else None
    if project is None or named is None:
        raise PolicyFailure(f"the manifest names no policy '{name}'")
    with _hosted(named, project, arena.timeout_s) as ask:
        episodes = []
        for seed in arena.share_of(seeds):
            ask({"reset": seed})
            episodes.append(_played(arena, seed, lambda seen: ask({"act": seen})))
        return episodes


def names_no_field(episodes: list[Earned], field: str) -> bool:
    """Say whether a policy has acted, and no action of it has a field of that name."""
    actions = [action for episode in episodes for action in episode.actions]
    return bool(actions) and not any(isinstance(action, dict) and field in action for action in actions)


def shown_before(episodes: list[Earned], field: str) -> str | None:
    """Say where an observation shows a part of an action that is still to come, or ``None`` where none does.

    A long text is found wherever it stands. Anything else may be there by chance, and counts only where it stands at
    the same place before each such action of every episode, and is not always the same. What the policy has sent
    before in the same episode is no secret any more: an observation may repeat it.

    Args:
        episodes: The episodes of a policy.
        field: The field of its actions.
    """
    common: set[str] | None = None
    values = set()
    for episode in episodes:
        latest: dict[str, Any] = {}
        sent: list[Any] = []
        for seen, action in zip(episode.observations, episode.actions, strict=True):
            latest.update(_leaves(seen, "observation"))
            value = action.get(field) if isinstance(action, dict) else None
            if value in (None, "") or value in sent:
                continue
            if isinstance(value, str) and len(value) >= _LONG_TEXT:
                found = next((place for place, leaf in latest.items() if _tells(leaf, value, sent)), None)
                if found is not None:
                    return found
            places = {place for place, leaf in latest.items() if leaf == value}
            common = places if common is None else common & places
            values.add(json.dumps(value))
            sent.append(value)
    return min(common) if common and len(episodes) > 1 and len(values) > 1 else None


def _tells(leaf: Any, value: str, sent: list[Any]) -> bool:
    """Say whether a text has a value in it that is not part of what was sent before."""
    if not isinstance(leaf, str):
        return False
    for one in sent:
        leaf = leaf.replace(one, "") if isinstance(one, str) and len(one) >= _LONG_TEXT else leaf
    return value in leaf


def _played(arena: Arena, seed: int, act: Act) -> Earned:
    """Play one episode to its end."""
    total = 0.0
    actions: list[Any] = []
    observations: list[Any] = []
    arena.require_time()
    with arena.session() as player:
        data = _data(arena.ask(player, Request("reset", {"seed": seed})), "reset")
        while not data.get("done") and len(actions) < (arena.claims.episode.max_steps or _LONGEST):
            arena.require_time()
            observations.append(data["observation"])
            actions.append(act(data["observation"]))
            data = _data(arena.ask(player, Request("step", actions[-1])), "step")
            total += data.get("reward") or 0.0
    return Earned(seed, total, tuple(actions), tuple(observations))


def _data(answer: Any, request: str) -> dict[str, Any]:
    if answer.trouble is not None:
        raise answer.trouble
    if answer.frame.kind != "observation":
        raise ProbeError(f"{request} was answered by {answer.frame}", answer.frame.traceback)
    data: dict[str, Any] = answer.frame.data
    return data


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
    for name, item in items or ():
        yield from _leaves(item, f"{path}.{name}")


@contextmanager
def _hosted(named: str, project: Project, timeout_s: float) -> Iterator[Act]:
    """Start a policy; gives what asks it."""
    command = [sys.executable, "-m", "openenv.validation.play.policy_host", named]
    answers: Queue[str] = Queue()
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=project.import_path, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin is not None

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            answers.put(line)
        answers.put("")

    def ask(what: Any) -> Any:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(what) + "\n")
            process.stdin.flush()
            said = answers.get(timeout=timeout_s)
        except (Empty, OSError):
            said = ""
        if not said:
            raise PolicyFailure(f"{named} does not answer")
        answer = json.loads(said)
        if "error" in answer:
            raise PolicyFailure(f"{named} raised {answer['error']}")
        return answer["action"]

    listener = Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield ask
    finally:
        process.kill()
        process.wait()
        listener.join()
        for end in (process.stdin, process.stdout):
            assert end is not None
            end.close()
