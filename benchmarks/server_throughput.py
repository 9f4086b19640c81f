"""Steps a second that a server answers, at 1, 32 and 256 sessions, beside the peer's and beside bare uvicorn.

The client is raw (``_load.py``), so the server's core is the limit; server and client are pinned to a core each.
What a step costs the server's processes in processor time is less noisy than how many fit into a second.
An observation has 50 floats.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from _harness import (
    PEER,
    Launch,
    Samples,
    Server,
    Table,
    in_turn,
    load,
    options_of,
    our_server,
    pinned_cpus,
    resolve_interpreters,
    results,
    row,
    serving,
    uvicorn_server,
)

ECHO = "bare uvicorn, ready-made reply"
TYPED = "bare uvicorn, pydantic in and out"
SANSIO = "websockets-sansio"
COLUMNS = ["server", "median", "of the peer", "of bare uvicorn", "range", "CPU µs a step", "of the peer"]


def launches(ours: str, peer: str) -> dict[str, Launch]:
    """Every server, by name."""
    return {
        "inline": our_server(ours),
        "thread": our_server(ours, OPENENV_ISOLATION="thread"),
        "process": our_server(ours, OPENENV_ISOLATION="process"),
        PEER: uvicorn_server(peer, "_served:app"),
        TYPED: uvicorn_server(ours, "_floors:typed", SANSIO),
        ECHO: uvicorn_server(ours, "_floors:echo", SANSIO),
    }


def contestants_of(name: str) -> list[tuple[str, str]]:
    """Under which labels, and in which dialects, a server is measured."""
    if name in (PEER, TYPED, ECHO):
        return [(name, "v1")]
    return [(f"ours, {name}, {dialect}", dialect) for dialect in ("v1", "v2")]


@dataclass
class Contestant:
    """One server in one dialect at one number of sessions; it remembers what each step cost."""

    server: Server
    dialect: str
    sessions: int
    seconds: float
    cpu: int | None
    cost_us: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        """Measure once, as steps a second."""
        answer = load(self.server, dialect=self.dialect, sessions=self.sessions, seconds=self.seconds, cpu=self.cpu)
        self.cost_us.append(answer["cpu_seconds"] / answer["steps"] * 1e6)
        return answer["steps"] / answer["seconds"]


def table_of(sessions: int, samples: Samples, contestants: dict[str, Contestant]) -> Table:
    """Lay out what was measured at one number of sessions."""
    costs = {name: one.cost_us for name, one in contestants.items()}
    rows = [[*row(samples, name, [PEER, ECHO]), *row(costs, name, [PEER], ".0f")[1:3]] for name in samples]
    count = "1 session" if sessions == 1 else f"{sessions} sessions"
    return Table(f"Steps a second, {count}", COLUMNS, rows)


def parse() -> argparse.Namespace:
    parser = options_of(__doc__, rounds=5)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 32, 256])
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each measurement lasts (%(default)s)")
    parser.add_argument("--only", help="servers whose name contains one of these, separated by commas")
    return parser.parse_args()


def main() -> None:
    options = parse()
    resolve_interpreters(options)
    outcome = results("server_throughput", options.ours)
    server_cpu, client_cpu = pinned_cpus()
    wanted = options.only.split(",") if options.only else [""]
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(serving(launch, cpu=server_cpu))
            for name, launch in launches(options.ours, options.peer).items()
            if any(part in name for part in wanted)
        }
        for sessions in options.sessions:
            print(f"{sessions} sessions", file=sys.stderr)
            contestants = {
                label: Contestant(server, dialect, sessions, options.seconds, client_cpu)
                for name, server in servers.items()
                for label, dialect in contestants_of(name)
            }
            samples = in_turn(contestants, options.rounds)
            outcome.samples[f"{sessions}, steps a second"] = samples
            outcome.samples[f"{sessions}, CPU µs a step"] = {name: one.cost_us for name, one in contestants.items()}
            outcome.tables.append(table_of(sessions, samples, contestants))
    outcome.publish(options)


if __name__ == "__main__":
    main()
