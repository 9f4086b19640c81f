"""Steps a second of one client and one server together, each in a process of its own: ours beside the peer's.

The async and the sync face of a typed client; an observation has 50 floats.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import IO, cast

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


class Player:
    """A client process that plays when asked to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def steps_per_second(self, face: str, seconds: float) -> float:
        """Let it play for a while."""
        stdin, stdout = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        stdin.write(f"{face} {seconds}\n")
        stdin.flush()
        return float(stdout.readline())


@contextmanager
def playing(who: Launch, server: Server, cpu: int | None) -> Iterator[Player]:
    """Start a client process; it ends when its stdin closes."""
    url = "http://{}:{}".format(*server.address)
    command = [who.python, str(HERE / "_player.py"), url, *who.arguments]
    environment = {**os.environ, **who.environment}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        if cpu is not None:
            os.sched_setaffinity(process.pid, {cpu})
        yield Player(process)


def table_of(samples: Samples) -> Table:
    """Lay out each pair beside the peer's with the same face."""
    rows = [row(samples, name, [f"{PEER}, {name.rsplit(', ', 1)[1]}"]) for name in samples]
    return Table("Steps a second", ["client and server", "median", "of the peer", "range"], rows)


def main() -> None:
    parser = options_of(__doc__, rounds=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each measurement lasts (%(default)s)")
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
        for name, (who, server) in pairs.items():
            player = stack.enter_context(playing(who, server, client_cpu))
            for face in ("async", "sync"):
                contestants[f"{name}, {face}"] = partial(player.steps_per_second, face, options.seconds)
        outcome.samples["steps"] = in_turn(contestants, options.rounds)
    outcome.tables.append(table_of(outcome.samples["steps"]))
    outcome.publish(options)


if __name__ == "__main__":
    main()
