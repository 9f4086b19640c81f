"""Steps a second of one client and one server together, each in a process of its own: ours beside the peer's.

The async and the sync face of a typed client; an observation has 50 floats.
"""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, cast

from _cpu import cpu_seconds
from _harness import (
    HERE,
    PEER,
    Launch,
    Samples,
    Server,
    Table,
    in_turn,
    options_of,
    our_environment,
    our_server,
    pinned_cpus,
    resolve_interpreters,
    results,
    row,
    serving,
    uvicorn_server,
)


@dataclass
class Pair:
    """A client process and the server that it plays on; it remembers what each step cost the two of them."""

    client: subprocess.Popen[str]
    server: Server

    def play(self, face: str, seconds: float, cost_us: list[float]) -> float:
        """Let the client play for a while, and return its steps a second."""
        before = self._cpu_seconds()
        stdin, stdout = cast(IO[str], self.client.stdin), cast(IO[str], self.client.stdout)
        stdin.write(f"{face} {seconds}\n")
        stdin.flush()
        rate = float(stdout.readline())
        cost_us.append((self._cpu_seconds() - before) / (rate * seconds) * 1e6)
        return rate

    def _cpu_seconds(self) -> float:
        return cpu_seconds(self.client.pid) + cpu_seconds(self.server.process.pid)


@contextmanager
def playing(who: Launch, server: Server, cpu: int | None) -> Iterator[Pair]:
    """Start a client process; it ends when its stdin closes."""
    url = "http://{}:{}".format(*server.address)
    command = [who.python, str(HERE / "_player.py"), url, *who.arguments]
    environment = {**os.environ, **who.environment}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        if cpu is not None:
            os.sched_setaffinity(process.pid, {cpu})
        yield Pair(process, server)


def table_of(samples: Samples, costs: Samples) -> Table:
    """Lay out each pair beside the peer's with the same face."""
    rows = [
        [*row(samples, name, [f"{PEER}, {name.rsplit(', ', 1)[1]}"]), f"{statistics.median(costs[name]):.0f}"]
        for name in samples
    ]
    return Table("Steps a second", ["client and server", "median", "of the peer", "range", "CPU µs a step"], rows)


def main() -> None:
    parser = options_of(__doc__, rounds=15)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each measurement lasts (%(default)s)")
    options = parser.parse_args()
    resolve_interpreters(options)
    outcome = results("client_loop", options.ours)
    server_cpu, client_cpu = pinned_cpus()
    with ExitStack() as stack:
        ours = stack.enter_context(serving(our_server(options.ours), cpu=server_cpu))
        peer = stack.enter_context(serving(uvicorn_server(options.peer, "_served:app"), cpu=server_cpu))
        bodyless = Launch(options.ours, ("bodyless",), our_environment())
        hand_written = Launch(options.ours, ("hand-written",), our_environment())
        pairs = {
            "ours": (bodyless, ours),
            "ours, hand-written client": (hand_written, ours),
            "our client, peer's server": (bodyless, peer),
            PEER: (Launch(options.peer, ("hand-written",)), peer),
        }
        contestants: dict[str, Callable[[], float]] = {}
        costs: Samples = {}
        for name, (who, server) in pairs.items():
            pair = stack.enter_context(playing(who, server, client_cpu))
            for face in ("async", "sync"):
                cost_us = costs[f"{name}, {face}"] = []
                contestants[f"{name}, {face}"] = partial(pair.play, face, options.seconds, cost_us)
        samples = in_turn(contestants, options.rounds)
    outcome.samples = {"steps a second": samples, "CPU µs a step": costs}
    outcome.tables.append(table_of(samples, costs))
    outcome.publish(options)


if __name__ == "__main__":
    main()
