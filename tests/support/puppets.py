"""Environments that do what the test tells them, in every place an environment can run."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openenv.environment import Environment
from openenv.errors import EnvironmentFault, InvalidActionError, SessionExpiredError
from openenv.types import Action, Observation, State

PATIENCE_S = 30.0


class Unspeakable(Exception):
    """Cannot be turned into text."""

    def __str__(self) -> str:
        raise ValueError("no words")


RAISED: dict[str, Callable[[], BaseException]] = {
    "ValueError": lambda: ValueError("the puppet's secret"),
    "TimeoutError": lambda: TimeoutError("the puppet waited too long"),
    "RecursionError": lambda: RecursionError("too deep"),
    "StopIteration": lambda: StopIteration("nothing left"),
    "SystemExit": lambda: SystemExit(3),
    "KeyboardInterrupt": KeyboardInterrupt,
    "CancelledError": asyncio.CancelledError,
    "GeneratorExit": GeneratorExit,
    "Unspeakable": Unspeakable,
    "surrogate": lambda: ValueError("half a character: \ud83d"),
    "borrowed": lambda: SessionExpiredError("some other session", {"reason": "idle"}),
    "fault": lambda: EnvironmentFault("the puppet's strings are torn", {"strings": 3}),
    "refused": lambda: InvalidActionError("puppets cannot fly"),
    "MemoryError": MemoryError,
}
"""What a puppet can be told to raise."""

FOREIGN = [name for name in RAISED if name not in ("fault", "refused", "MemoryError")]
"""Those that become ``EXECUTION_ERROR``."""


class Turnstile:
    """Holds an environment in the middle of a call until the test lets it go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._go = threading.Event()

    def pass_through(self) -> None:
        self.entered.set()
        if not self._go.wait(PATIENCE_S):
            raise TimeoutError("nobody opened the turnstile")

    async def pass_through_async(self) -> None:
        self.entered.set()
        await asyncio.get_running_loop().run_in_executor(None, self._go.wait, PATIENCE_S)

    def await_entry(self) -> None:
        assert self.entered.wait(PATIENCE_S), "nobody came to the turnstile"

    def open(self) -> None:
        self._go.set()


class _Turnstiles(defaultdict[str, Turnstile]):
    """One for each name, made on first use."""

    def __init__(self) -> None:
        super().__init__(Turnstile)

    def named(self, name: str) -> Turnstile:
        with _LOCK:
            return self[name]

    def fresh(self, name: str) -> Turnstile:
        """A closed one, also where one of this name was opened before."""
        with _LOCK:
            self.pop(name, None)
            return self[name]


_LOCK = threading.Lock()
turnstiles = _Turnstiles()


class Journal:
    """What puppets of this process went through, and in which thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.entries: list[tuple[str, int, int]] = []

    def write(self, event: str, puppet: int) -> None:
        with self._changed:
            self.entries.append((event, puppet, threading.get_ident()))
            self._changed.notify_all()

    def of(self, puppet: int) -> list[str]:
        return [event for event, who, _ in self.entries if who == puppet]

    def threads_of(self, puppet: int) -> set[int]:
        return {thread for _, who, thread in self.entries if who == puppet}

    def puppets(self) -> set[int]:
        """All that have written here."""
        return {who for _, who, _ in self.entries}

    def assert_each_closed_once(self, puppets: set[int]) -> None:
        """Wait until each puppet is closed; none may have been closed twice, or called after that."""
        for puppet in puppets:
            self.await_close(puppet)
            events = self.of(puppet)
            assert events.count("close") == 1, (puppet, events)
            assert events[-1] == "close", (puppet, events)

    def await_close(self, puppet: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: "close" in self.of(puppet), PATIENCE_S), f"{puppet} is not closed"


journal = Journal()
_numbers = itertools.count(1)


class PuppetAction(Action):
    """What to do, and with what."""

    do: str = "add"
    amount: int = 1
    name: str = ""


class PuppetObservation(Observation):
    """Who answered, and how often it was asked."""

    total: int = 0
    steps: int = 0
    puppet: int = 0
    pid: int = 0
    heard: str = ""


class Puppet(Environment[PuppetAction, PuppetObservation, State]):
    """Obeys; counts what it was told."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        self.number = next(_numbers)
        self._total = self._steps = 0
        self._state_raises = self._close_does = ""
        journal.write("init", self.number)

    def reset(self, seed: int | None = None, episode_id: str | None = None, then: str = "") -> PuppetObservation:
        journal.write("reset", self.number)
        if then:
            raise RAISED[then]()
        self._total, self._steps, self._episode = seed or 0, 0, episode_id
        return self._look()

    def step(self, action: PuppetAction) -> Any:
        journal.write("step", self.number)
        if action.do == "wait":
            turnstiles.named(action.name).pass_through()
        return self._obey(action)

    @property
    def state(self) -> State:
        journal.write("state", self.number)
        if self._state_raises == "wrong type":
            return 7  # type: ignore[return-value]
        if self._state_raises:
            raise RAISED[self._state_raises]()
        return State(episode_id=self._episode, step_count=self._steps)

    def close(self) -> None:
        journal.write("close", self.number)
        if self._close_does == "wait":
            turnstiles.named(f"close {self.number}").pass_through()
        elif self._close_does:
            raise RAISED[self._close_does]()

    _episode: str | None = None

    def _look(self, **fields: Any) -> PuppetObservation:
        return PuppetObservation(total=self._total, steps=self._steps, puppet=self.number, pid=os.getpid(), **fields)

    def _obey(self, action: PuppetAction) -> Any:
        if action.do == "raise":
            raise RAISED[action.name]()
        self._steps += 1
        self._total += action.amount
        return getattr(self, f"_do_{action.do}")(action)

    def _do_add(self, action: PuppetAction) -> PuppetObservation:
        return self._look(reward=float(action.amount), heard=action.name)

    _do_wait = _do_sleep = _do_add

    def _do_end(self, action: PuppetAction) -> PuppetObservation:
        return self._look(done=True)

    def _do_truncate(self, action: PuppetAction) -> PuppetObservation:
        return self._look(truncated=True)

    def _do_nan(self, action: PuppetAction) -> PuppetObservation:
        return self._look(reward=float("nan"))

    def _do_babble(self, action: PuppetAction) -> Any:
        return {"dict": 1, "none": None, "number": 5}.get(action.name, object())

    def _do_spoil_state(self, action: PuppetAction) -> PuppetObservation:
        self._state_raises = action.name
        return self._look()

    def _do_spoil_close(self, action: PuppetAction) -> PuppetObservation:
        self._close_does = action.name
        return self._look()

    def _do_big(self, action: PuppetAction) -> PuppetObservation:
        return self._look(heard="x" * action.amount)

    # For processes of their own

    def _do_exit(self, action: PuppetAction) -> None:
        os._exit(action.amount)

    def _do_kill(self, action: PuppetAction) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _do_spin(self, action: PuppetAction) -> None:
        tell(action.name, os.getpid())
        while True:
            pass

    def _do_hold(self, action: PuppetAction) -> PuppetObservation:
        """Say through one named pipe that the step has begun, and wait at another until it may end."""
        tell(action.name, os.getpid())
        Path(f"{action.name}.go").read_bytes()
        return self._look(reward=float(action.amount))

    def _do_devour(self, action: PuppetAction) -> PuppetObservation:
        hoard = [bytearray(16 * 1024 * 1024) for _ in range(action.amount)]
        return self._look(heard=str(len(hoard)))

    def _do_breed(self, action: PuppetAction) -> PuppetObservation:
        """Start a process that would live for long after its parent; both hold the named pipe."""
        held = os.open(action.name, os.O_WRONLY)
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        return self._look(heard=str(subprocess.Popen(command, pass_fds=[held]).pid))

    def _do_fork(self, action: PuppetAction) -> PuppetObservation:
        """Split in two; the child inherits every open socket, holds the named pipe too, and never ends."""
        held = os.open(action.name, os.O_WRONLY)
        child = os.fork()
        while not child:
            signal.pause()
        return self._look(heard=f"{child} {held}")


def tell(fifo: str, number: int) -> None:
    """Write a number into a named pipe, where somebody waits for it."""
    if fifo:
        Path(fifo).write_text(str(number), encoding="ascii")


class InlinePuppet(Puppet):
    """Lives in the event loop."""

    INLINE = True


class AsyncPuppet(Puppet):
    """All asynchronous."""

    async def reset(  # type: ignore[override]
        self, seed: int | None = None, episode_id: str | None = None, then: str = ""
    ) -> PuppetObservation:
        return Puppet.reset(self, seed, episode_id, then)

    async def step(self, action: PuppetAction) -> Any:
        journal.write("step", self.number)
        if action.do == "wait":
            await turnstiles.named(action.name).pass_through_async()
        if action.do == "sleep":
            await asyncio.sleep(action.amount)
        if action.do == "linger":
            turnstiles.named(action.name).entered.set()
            await asyncio.get_running_loop().create_future()
        return self._obey(action)

    async def close(self) -> None:  # type: ignore[override]
        journal.write("close", self.number)
        if self._close_does == "wait":
            turnstiles.named(f"close {self.number}").entered.set()
            await asyncio.get_running_loop().create_future()
        elif self._close_does:
            raise RAISED[self._close_does]()


class HalfAsyncPuppet(Puppet):
    """Resets synchronously and steps asynchronously: it gets a thread, and a loop there."""

    async def step(self, action: PuppetAction) -> Any:
        journal.write("step", self.number)
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)
        return self._obey(action)

    close = AsyncPuppet.close


class PatientPuppet(Puppet):
    """Says how long its caller is willing to wait."""

    def step(self, action: PuppetAction, timeout_s: float | None = None) -> Any:
        return self._look(heard=str(timeout_s))


class LonelyPuppet(Puppet):
    """Does not live beside others in one process."""

    SUPPORTS_CONCURRENT_SESSIONS = False


class BarePuppet:
    """As little as an environment can be: no base class, no options."""

    total = 0

    def reset(self) -> PuppetObservation:
        self.total = 0
        return PuppetObservation()

    def step(self, action: PuppetAction) -> PuppetObservation:
        self.total += action.amount
        return PuppetObservation(total=self.total)

    state = State(step_count=1)


class BrokenPuppet(Puppet):
    """Cannot be made."""

    def __init__(self) -> None:
        raise RAISED[os.environ.get("BROKEN_PUPPET", "ValueError")]()


class CrashingPuppet(Puppet):
    """Takes its process along when it is made."""

    def __init__(self) -> None:
        os._exit(5)


class SleepingBeauty(Puppet):
    """Is never made."""

    def __init__(self) -> None:
        turnstiles.named("beauty").pass_through()
        super().__init__()
