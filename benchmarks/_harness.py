"""What the benchmarks share: servers as processes, paired measurements, tables and where they are kept."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from operator import truediv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"  # Where every process runs: a working folder can come first in Python's path.
DOCS = ROOT / "docs" / "benchmarks.md"
PEER = "openenv 0.10.0"
STOP_S = 30

# A path meant for our interpreter would put our package before the peer's own: only our processes get it back.
OUR_PATH = os.environ.pop("PYTHONPATH", None)

Samples = dict[str, list[float]]


@dataclass
class Table:
    """One table of results, for the terminal and for the docs."""

    title: str
    columns: list[str]
    rows: list[list[str]]

    def text(self) -> str:
        """Lay it out for a terminal."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]
        form = "  ".join([f"  {{:{widths[0]}}}", *(f"{{:>{width}}}" for width in widths[1:])])
        return "\n".join([self.title, *(form.format(*line) for line in lines)])

    def markdown(self) -> str:
        """Lay it out for the docs."""
        rule = ["---", *["---:"] * (len(self.columns) - 1)]
        lines = [f"| {' | '.join(line)} |" for line in [self.columns, rule, *self.rows]]
        return "\n".join([f"**{self.title}**", "", *lines])


@dataclass
class Results:
    """The outcome of one benchmark: its tables, and every sample they were made from."""

    benchmark: str
    machine: str
    tables: list[Table] = field(default_factory=list)
    samples: dict[str, Samples] = field(default_factory=dict)

    def publish(self, options: argparse.Namespace) -> None:
        """Print the tables, and keep them where the options say so."""
        print(f"\n{self.machine}\n")
        print("\n\n".join(table.text() for table in self.tables))
        if options.json:
            options.json.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        if options.docs:
            _replace_section(DOCS, self.benchmark, self._section())

    def _section(self) -> str:
        return "\n\n".join([f"Taken on {self.machine}.", *(table.markdown() for table in self.tables)])


def _replace_section(page: Path, name: str, text: str) -> None:
    """Put text between a page's two markers of that name."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    content = page.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    if not pattern.search(content):
        raise LookupError(f"{page} has no section {begin}")
    page.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", content), encoding="utf-8")


def options_of(description: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """Make a parser with the options that every benchmark takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--ours", metavar="PYTHON", help="interpreter that has this package (default: a fresh install)")
    parser.add_argument("--peer", metavar="PYTHON", help=f"interpreter that has {PEER} (default: made in .cache)")
    parser.add_argument("--rounds", type=int, default=rounds, help="measurements of each, taken in turn (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument("--docs", action="store_true", help="put the tables into docs/benchmarks.md")
    return parser


def resolve_interpreters(options: argparse.Namespace) -> None:
    """Fill in the interpreters that were not given, and make sure that each has the package it stands for."""
    options.ours = options.ours or _made("plain")
    options.peer = options.peer or _made("peer")
    if _has(options.peer, "openenv.protocol", {}) or not _has(options.peer, "openenv.core.env_server.mcp_types", {}):
        raise SystemExit(f"{options.peer} does not have {PEER}")
    if not _has(options.ours, "openenv.protocol", our_environment()):
        raise SystemExit(f"{options.ours} does not have this package")


def _made(kind: str) -> str:
    command = [sys.executable, str(ROOT / "scripts" / "venvs.py"), kind]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _has(python: str, module: str, environment: Mapping[str, str]) -> bool:
    """Whether an interpreter, started as the servers and players are, can import a module."""
    command = [python, "-c", f"import {module}"]
    every = {**os.environ, **environment}
    return not subprocess.run(command, cwd=HERE, env=every, stderr=subprocess.DEVNULL, check=False).returncode


def our_environment(**more: str) -> dict[str, str]:
    """The variables that our own processes get beside everybody's."""
    return {**({"PYTHONPATH": OUR_PATH} if OUR_PATH else {}), **more}


def results(benchmark: str, ours: str) -> Results:
    """Begin the results of a benchmark, with a description of this machine and of the software."""
    script = (
        "import importlib.metadata as m, platform as p; "
        "print(', '.join(['Python ' + p.python_version(), *(f'{n} {m.version(n)}' for n in "
        "('pydantic', 'uvicorn', 'websockets'))]))"
    )
    software = subprocess.run([ours, "-c", script], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {software}"
    if hasattr(os, "getloadavg"):
        machine += f"; load average {os.getloadavg()[0]:.1f} at the start"
    return Results(benchmark, machine)


def in_turn(contestants: Mapping[str, Callable[[], float]], rounds: int) -> Samples:
    """Measure every contestant once a round, so that a noisy moment hits them all alike."""
    samples: Samples = {name: [] for name in contestants}
    for number in range(rounds):
        for name, contestant in contestants.items():
            samples[name].append(contestant())
            print(f"  round {number + 1}/{rounds}  {name}: {samples[name][-1]:,.4g}", file=sys.stderr)
    return samples


def row(samples: Samples, name: str, bases: Sequence[str], form: str = ",.0f") -> list[str]:
    """A contestant's name, its median, that against each base, and its range."""
    values = samples[name]
    against = [_ratio(values, samples[base]) if base in samples else "-" for base in bases]
    return [name, f"{statistics.median(values):{form}}", *against, f"{min(values):{form}} to {max(values):{form}}"]


def _ratio(values: Sequence[float], base: Sequence[float]) -> str:
    """The median of the ratios within each round: what slows one round slows both."""
    return f"{statistics.median(map(truediv, values, base)):.2f}x"


@dataclass(frozen=True)
class Launch:
    """How to start a server: the interpreter, and its arguments with ``{fd}`` for the listening socket."""

    python: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def our_server(python: str, app: str = "_served:app", **environment: str) -> Launch:
    """Our server, started as ``openenv serve`` starts it."""
    arguments = ("-m", "openenv.server", app, "--fd", "{fd}", "--app-dir", str(HERE), "--log-level", "error")
    return Launch(python, arguments, our_environment(OPENENV_DRAIN_TIMEOUT_S="0", **environment))


def uvicorn_server(python: str, app: str, ws: str = "auto") -> Launch:
    """Any app on plain uvicorn: the peer's server, and the floors."""
    return Launch(python, (str(HERE / "_uvicorn.py"), app, "{fd}", ws))


@dataclass
class Server:
    """A server in a process of its own, which answers."""

    process: subprocess.Popen[bytes]
    address: tuple[str, int]

    def resident_bytes(self) -> int:
        """How much memory the process holds."""
        answer = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], check=True, stdout=subprocess.PIPE)
        return int(answer.stdout) * 1024


@contextmanager
def serving(launch: Launch, *, cpu: int | None = None) -> Iterator[Server]:
    """Start a server on a socket that listens already, wait for its first answer, and stop it at the end."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        address = listener.getsockname()
        descriptor = listener.fileno()
        command = [launch.python, *(argument.format(fd=descriptor) for argument in launch.arguments)]
        environment = {**os.environ, **launch.environment}
        process = subprocess.Popen(command, pass_fds=[descriptor], env=environment, cwd=HERE)
    if cpu is not None:
        os.sched_setaffinity(process.pid, {cpu})
    try:
        get_health(address)
        yield Server(process, address)
    finally:
        process.terminate()
        process.wait(STOP_S)


def load(server: Server, *, dialect: str, sessions: int, seconds: float, cpu: int | None) -> dict[str, float]:
    """Let a process of its own step as many sessions as fast as it can, and return what it measured."""
    command = [sys.executable, str(HERE / "_load.py"), *map(str, server.address), str(server.process.pid)]
    command += ["--dialect", dialect, "--sessions", str(sessions), "--seconds", str(seconds)]
    if cpu is not None:
        command += ["--cpu", str(cpu)]
    return dict(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def get_health(address: tuple[str, int]) -> None:
    """Ask for ``/health``; a server that is not up yet answers when it is."""
    connection = HTTPConnection(*address, timeout=60)
    connection.request("GET", "/health")
    status = connection.getresponse().status
    connection.close()
    if status != 200:
        raise ConnectionError(f"/health answered {status}")


def pinned_cpus() -> tuple[int | None, int | None]:
    """One core for the server and another for the client, where processes can be pinned and there are two."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    cpus = sorted(os.sched_getaffinity(0))
    return (cpus[0], cpus[1]) if len(cpus) > 1 else (None, None)
