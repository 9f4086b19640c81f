"""Where a step's time goes in our server: own time by part, with 32 sessions inline.

The profiler makes Python calls look dearer than work done in C; compare shares, not microseconds. It serves and
profiles in a process of its own, ``profile_step.py FD FILE``.
"""

from __future__ import annotations

import cProfile
import pstats
import socket
import sys
import tempfile
from collections import Counter
from pathlib import Path

from _harness import (
    HERE,
    Launch,
    Table,
    load,
    options_of,
    our_environment,
    pinned_cpus,
    resolve_interpreters,
    results,
    serving,
)

SESSIONS = 32
EVENT_LOOP = "event loop and sockets, in C"
PARTS = {
    "/asyncio/runners.py": EVENT_LOOP,  # what uvloop does itself has no frame of its own
    "/openenv/server/": "ours: server",
    "/openenv/sessions/": "ours: sessions",
    "/openenv/protocol/": "ours: protocol",
    "/uvicorn/": "uvicorn",
    "/websockets/": "websockets",
    "/starlette/": "starlette and fastapi",
    "/fastapi/": "starlette and fastapi",
    "/asyncio/": "asyncio",
    "_served.py": "the environment itself",
    "pydantic": "pydantic, reading, writing and making observations",
    "/pydantic/": "pydantic, reading, writing and making observations",
}


def profile(descriptor: str, outcome: str) -> None:
    """Serve until told to stop, and keep the profile."""
    import _served

    from openenv.server import run

    profiler = cProfile.Profile()
    profiler.enable()
    run(_served.app, sock=socket.socket(fileno=int(descriptor)), log_level="error")
    profiler.disable()
    profiler.dump_stats(outcome)


def part_of(file: str, function: str) -> str:
    """To which part a function's own time belongs; what is built in has no file, and is named by its type."""
    where = function if file == "~" else file
    return next((part for mark, part in PARTS.items() if mark in where), EVENT_LOOP if file == "~" else "other Python")


def shares(outcome: Path) -> list[list[str]]:
    """Own time by part, largest first."""
    stats = vars(pstats.Stats(str(outcome)))["stats"]
    own: Counter[str] = Counter()
    for (file, _, function), (_, _, seconds, _, _) in stats.items():
        own[part_of(file, function)] += seconds
    return [[part, f"{seconds / own.total():.0%}"] for part, seconds in own.most_common()]


def main() -> None:
    options = options_of(__doc__, rounds=1).parse_args()
    resolve_interpreters(options)
    outcome = results("profile_step", options.ours)
    server_cpu, client_cpu = pinned_cpus()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "profile")
        arguments = (str(HERE / "profile_step.py"), "{fd}", str(file))
        launch = Launch(options.ours, arguments, our_environment(OPENENV_DRAIN_TIMEOUT_S="0"))
        with serving(launch, cpu=server_cpu) as server:
            load(server, dialect="v2", sessions=SESSIONS, seconds=5, cpu=client_cpu)
        outcome.tables.append(Table(f"Own time, inline, v2, {SESSIONS} sessions", ["part", "share"], shares(file)))
    outcome.publish(options)


if __name__ == "__main__":
    profile(*sys.argv[1:]) if len(sys.argv) == 3 and sys.argv[1].isdigit() else main()
