"""What it costs before the first step: the command line, the import, the start, the memory and the disk.

Each number stands beside the least that it could be (its floor) and beside the peer's, measured in turn.
"""

from __future__ import annotations

import resource
import subprocess
import tempfile
import time
import venv
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from _harness import (
    PEER,
    Launch,
    Samples,
    Table,
    in_turn,
    options_of,
    our_server,
    resolve_interpreters,
    results,
    row,
    serving,
    uvicorn_server,
)
from _load import open_sessions

SESSIONS = 1000
MIB = 1024 * 1024

Contestants = dict[str, Callable[[], float]]


def run_time(*command: str, folder: Path | None = None) -> float:
    """Seconds that one run of a command takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def init_time(*command: str) -> float:
    """Seconds that ``init`` takes, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        return run_time(*command, folder=Path(folder))


def command_line(python: str) -> str:
    """The ``openenv`` command beside an interpreter."""
    return str(Path(python).with_name("openenv"))


def health_time(launch: Launch) -> float:
    """Seconds from the start of a server's process to its first answer."""
    start = time.perf_counter()
    with serving(launch):
        return time.perf_counter() - start


def idle_memory(launch: Launch) -> float:
    """Mebibytes that a server holds once it has answered."""
    with serving(launch) as server:
        return server.resident_bytes() / MIB


def session_memory(launch: Launch, dialect: str) -> float:
    """Kibibytes that each of many idle sessions adds, after its reset."""
    with serving(launch) as server:
        for session in open_sessions(server.address, dialect, 1):
            session.close()
        before = server.resident_bytes()
        sessions = open_sessions(server.address, dialect, SESSIONS)
        after = server.resident_bytes()
        for session in sessions:
            session.close()
    return (after - before) / SESSIONS / 1024


def environment_size(python: str) -> int:
    """Bytes of the virtual environment that an interpreter belongs to."""
    home = Path(python).parent.parent
    if not (home / "pyvenv.cfg").exists():
        raise ValueError(f"{python} does not belong to a virtual environment")
    # Blocks, as du counts them; a file with several links counts once.
    files = {stat.st_ino: stat.st_blocks * 512 for path in home.rglob("*") if (stat := path.lstat())}
    return sum(files.values())


@cache
def empty_size() -> int:
    """Bytes of a new virtual environment, which has pip in it."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        return environment_size(str(Path(folder, "bin", "python")))


def installed_size(python: str) -> float:
    """Megabytes that an installation added to its virtual environment, bytecode included."""
    return (environment_size(python) - empty_size()) / 1e6


def times(ours: str, peer: str) -> dict[str, Contestants]:
    """What takes seconds: for each, ours first, then the floor where there is one, then the peer."""
    return {
        "openenv --help": {
            "ours": partial(run_time, command_line(ours), "--help"),
            "import typer, rich": partial(run_time, ours, "-I", "-c", "import typer, rich"),
            PEER: partial(run_time, command_line(peer), "--help"),
        },
        "openenv init": {
            "ours": partial(init_time, command_line(ours), "init", "my-env", "--no-input"),
            PEER: partial(init_time, command_line(peer), "init", "my_env"),
        },
        "import of the client": {
            "ours": partial(run_time, ours, "-I", "-c", "from openenv import EnvClient"),
            "import pydantic, websockets": partial(
                run_time, ours, "-I", "-c", "import pydantic, websockets.asyncio.client"
            ),
            PEER: partial(run_time, peer, "-I", "-c", "from openenv.core import EnvClient"),
        },
        "start to /health": {
            "ours": partial(health_time, our_server(ours)),
            "bare FastAPI on uvicorn": partial(health_time, uvicorn_server(ours, "_floors:fastapi")),
            PEER: partial(health_time, uvicorn_server(peer, "_served:app")),
        },
    }


def memories(ours: str, peer: str) -> Contestants:
    """What takes memory while nothing happens."""
    return {
        "ours": partial(idle_memory, our_server(ours)),
        "bare FastAPI on uvicorn": partial(idle_memory, uvicorn_server(ours, "_floors:fastapi")),
        PEER: partial(idle_memory, uvicorn_server(peer, "_served:app")),
    }


def session_memories(ours: str, peer: str) -> Contestants:
    """What an idle session adds."""
    return {
        "ours, inline": partial(session_memory, our_server(ours), "v2"),
        "ours, thread": partial(session_memory, our_server(ours, OPENENV_ISOLATION="thread"), "v2"),
        PEER: partial(session_memory, uvicorn_server(peer, "_served:app"), "v1"),
    }


def sizes(ours: str, peer: str) -> Contestants:
    """What an installation puts on the disk."""
    return {"ours": partial(installed_size, ours), PEER: partial(installed_size, peer)}


def table_of(title: str, contestants: Contestants, rounds: int, form: str) -> tuple[Table, Samples]:
    """Measure in turn, and lay out each beside its floor and beside the peer."""
    samples = in_turn(contestants, rounds)
    floors = [name for name in samples if name != PEER and not name.startswith("ours")]
    bases = [*floors, PEER]
    rows = [row(samples, name, bases, form) for name in samples]
    return Table(title, ["", "median", *(f"of {base}" for base in bases), "range"], rows), samples


def allow_many_sockets() -> None:
    """A session is a socket at either end, and servers inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    options = options_of(__doc__, rounds=5).parse_args()
    resolve_interpreters(options)
    allow_many_sockets()
    outcome = results("startup", options.ours)
    ours, peer = options.ours, options.peer
    measured = [(f"{title}, seconds", one, options.rounds, ".2f") for title, one in times(ours, peer).items()]
    measured += [
        ("Idle server, MiB resident", memories(ours, peer), min(options.rounds, 3), ".0f"),
        (f"Each of {SESSIONS:,} idle sessions, KiB", session_memories(ours, peer), min(options.rounds, 3), ".1f"),
        ("A plain install, MB on the disk", sizes(ours, peer), 1, ".0f"),
    ]
    for title, contestants, rounds, form in measured:
        table, samples = table_of(title, contestants, rounds, form)
        outcome.tables.append(table)
        outcome.samples[title] = samples
    outcome.publish(options)


if __name__ == "__main__":
    main()
