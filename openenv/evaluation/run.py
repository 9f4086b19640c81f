"""Plays the episodes of an evaluation, many at a time."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from openenv.client.background import run_blocking
from openenv.client.client import EnvClient
from openenv.client.pool import HANDSHAKES
from openenv.discovery.schemas import served_schemas
from openenv.episodes import Episode
from openenv.errors import ConfigurationError, SessionCapacityError
from openenv.evaluation.folder import RunFolder
from openenv.evaluation.play import Plan, play
from openenv.evaluation.playable import Playable
from openenv.evaluation.report import Report
from openenv.policies.loading import ActionType, describe, load_policy
from openenv.policies.thread import HostedPolicy, PolicyThread

MAX_SEED = 2**32 - 1

Client = EnvClient[Any, Any, Any]
Writer = Callable[[Episode], None]

_WITHOUT_STEPS: dict[str, Any] = {"steps": None, "last_observation": None}
"""What is not kept in memory where it is kept on disk."""


@dataclass(frozen=True)
class Progress:
    """How far an evaluation is.

    Attributes:
        episode: The episode that has just ended; ``None`` at the beginning.
        done: How many have ended, with those of an earlier run that this one goes on with.
        total: How many there will be.
        failed: How many have failed.
    """

    episode: Episode | None
    done: int
    total: int
    failed: int


Listener = Callable[[Progress], None]


def evaluate(
    target: Any,
    policies: str | Sequence[str] | Mapping[str, Any] = "random",
    *,
    episodes: int = 100,
    sessions: int = 8,
    seed: int = 0,
    reset: Mapping[str, Any] | None = None,
    max_steps: int = 10_000,
    out: str | Path | None = None,
    trajectories: bool = False,
    on_progress: Listener | None = None,
) -> Report:
    """Play episodes of each policy, on the same seeds, and sum up.

    ::

        report = evaluate("http://localhost:8000", "random", episodes=200)

    Blocks until all have ended, also where an event loop runs, as in a notebook.

    Args:
        target: A project's folder, an installed environment's name, a server's URL, ``image:`` and an image's name, a
            Space as ``owner/name``, a client, or the class of an environment, which is played in this process then.
        policies: One name or several (see :func:`openenv.policies.load_policy`); or a mapping from names to policies,
            or to what makes them. Each session has a policy of its own.
        episodes: How many of each policy.
        sessions: How many are played at a time; fewer where the server has not as many slots.
        seed: The seed of the first episode of each policy; that of the next is one more, and so on.
        reset: Further options of each reset; a :class:`ResetRefusedError` ends the evaluation where they are refused.
        max_steps: After how many steps an episode is cut short.
        out: A folder to keep the run in, and to go on with the one there; failed episodes are played again.
        trajectories: Whether the steps of each episode are kept.
        on_progress: Called at the beginning, and after each episode; in another thread.

    Returns:
        The report. An episode in which the environment or the policy failed is counted there, with its error.

    Raises:
        ConfigurationError: The target, a policy or an option cannot be used, or not kept; or ``out`` holds another run.
        FolderInUseError: Another evaluation that is running keeps its run in ``out``.
        SessionError: The server cannot be reached, or no longer.
    """
    _refuse_nonsense(episodes, sessions, seed, max_steps, reset or {})
    chosen = _by_name(policies)
    plan = partial(Plan, reset=dict(reset or {}), max_steps=max_steps, trajectory=trajectories)
    plans = [plan(name, index, seed + index) for name in chosen for index in range(episodes)]
    run = Run(Playable.of(target), chosen, plans, on_progress or (lambda progress: None))
    with run.kept(out):
        return run_blocking(run.play(sessions))


class Run:
    """Episodes that are played side by side.

    Args:
        playable: What they are played on.
        policies: Who plays, by name.
        plans: The episodes.
        on_progress: Called at the beginning, and after each episode.
    """

    def __init__(
        self, playable: Playable, policies: Mapping[str, Any], plans: Sequence[Plan], on_progress: Listener
    ) -> None:
        self._playable = playable
        self._action: ActionType | None = playable.action
        self._asking = threading.Lock()  # each session makes its policies in its own thread
        self._connected: Client | None = None
        self._factories = {
            name: load_policy(policy, self._action_type, playable.policies) for name, policy in policies.items()
        }
        self._policies = policies
        self._plans = plans
        self._waiting = deque(plans)
        self._done: list[Episode] = []
        self._failed = 0
        self._folder: RunFolder | None = None
        self._on_progress = on_progress
        self._connecting: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(HANDSHAKES)
        self._full: SessionCapacityError | None = None

    @contextmanager
    def kept(self, path: str | Path | None) -> Iterator[None]:
        """Keep the episodes in a folder meanwhile, and do not play those that are there already.

        Args:
            path: The folder; ``None`` to keep nothing.

        Raises:
            ConfigurationError: The folder holds another run.
            FolderInUseError: Another evaluation is running there.
        """
        if path is None:
            yield
            return
        with RunFolder(path) as self._folder:
            self._go_on(self._folder)
            yield

    async def play(self, sessions: int) -> Report:
        """Play what there is to play.

        Args:
            sessions: How many episodes at a time, at most.

        Returns:
            The report of all episodes.
        """
        self._tell(None)
        with self._folder.writer() if self._folder else nullcontext(_write_nowhere) as write:
            if self._waiting:
                await self._play_on([*self._playable.sessions(min(sessions, len(self._waiting)))], write)
        return Report.of(self._playable.name, list(self._factories), self._done)

    def _go_on(self, folder: RunFolder) -> None:
        planned = {(plan.policy, plan.index) for plan in self._plans}
        self._done = [one for one in folder.begin(self._description()) if (one.policy, one.index) in planned]
        there = {(episode.policy, episode.index) for episode in self._done}
        self._waiting = deque(plan for plan in self._plans if (plan.policy, plan.index) not in there)

    def _description(self) -> dict[str, Any]:
        """What decides how an episode goes, as JSON values."""
        if not self._playable.told:
            raise ConfigurationError(
                f"nothing tells what {self._playable.name} plays, as is needed to go on with a run that is kept",
                hint="give what it plays in its place: a URL, image: and a name, a project, or an environment's class",
            )
        first = self._plans[0]
        known = self._playable.policies
        return {
            "target": self._playable.name,
            "policies": {
                name: describe(known.get(policy, policy) if isinstance(policy, str) else policy)
                for name, policy in self._policies.items()
            },
            "seed": first.seed,
            "reset": first.reset,
            "max_steps": first.max_steps,
            "trajectories": first.trajectory,
        }

    async def _play_on(self, clients: list[Client], write: Writer) -> None:
        # The first one alone: it starts the server that all share; where it fails the others need not try.
        await clients[0].connect()
        tasks = [asyncio.ensure_future(self._player(client, write)) for client in clients]
        try:
            running = set(tasks)
            while running:
                ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    if not task.cancelled():
                        task.result()
                if not self._waiting:
                    for task in self._connecting:
                        task.cancel()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._waiting:
            assert self._full is not None, "a player leaves only when nothing waits or no session is to be had"
            raise self._full

    async def _player(self, client: Client, write: Writer) -> None:
        """Play one episode after the other in one session."""
        policies: dict[str, HostedPolicy] = {}
        thread = PolicyThread()
        try:
            await self._connect(client)
            self._connected = client
            while self._waiting:
                plan = self._waiting.popleft()
                if plan.policy not in policies:
                    policies[plan.policy] = await HostedPolicy.make(self._factories[plan.policy], thread)
                episode, usable = await play(client, policies[plan.policy], plan)
                write(episode)
                self._done.append(episode if self._folder is None else episode.model_copy(update=_WITHOUT_STEPS))
                self._failed += episode.error is not None
                self._tell(episode)
                if not usable and self._waiting:
                    await client.new_session()
        except SessionCapacityError as full:
            self._full = full  # the others go on with the sessions that there are
        finally:
            try:
                await client.close()
                for policy in policies.values():
                    await policy.close()
            finally:
                thread.end()

    async def _connect(self, client: Client) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connecting.add(task)
        try:
            async with self._gate:
                await client.connect()
        finally:
            self._connecting.discard(task)

    def _action_type(self) -> ActionType:
        """Say what the actions are; a server is asked once."""
        with self._asking:
            if self._action is None:
                assert self._connected is not None, "policies are made once there is a session"
                self._action = served_schemas(self._connected).action
            return self._action

    def _tell(self, episode: Episode | None) -> None:
        self._on_progress(Progress(episode, len(self._done), len(self._plans), self._failed))


def _write_nowhere(episode: Episode) -> None:
    """Keep nothing."""


def _refuse_nonsense(episodes: int, sessions: int, seed: int, max_steps: int, reset: Mapping[str, Any]) -> None:
    if min(episodes, sessions, max_steps) < 1:
        raise ConfigurationError("episodes, sessions and max_steps are at least 1")
    if not 0 <= seed <= MAX_SEED + 1 - episodes:
        raise ConfigurationError(f"the seeds of {episodes} episodes from {seed} on are not all from 0 to {MAX_SEED}")
    if "seed" in reset:
        raise ConfigurationError(
            "seed is no option of the reset: each episode has its own", hint="seed, or --seed, is that of the first one"
        )


def _by_name(policies: str | Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(policies, Mapping):
        named = dict(policies)
    else:
        names = [policies] if isinstance(policies, str) else list(policies)
        named = {name: name for name in names}
        if len(named) < len(names):
            raise ConfigurationError(f"a policy is named twice: {', '.join(names)}")
    if not named:
        raise ConfigurationError("there is no policy to evaluate")
    return named
