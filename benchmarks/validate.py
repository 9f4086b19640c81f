"""What ``openenv validate`` takes, and how often it blames an environment that is healthy.

Healthy are those in ``envs/`` and what ``openenv init`` makes from each template. The first rounds are timed, one run
after the other; the rest only count what is found, with a run on each core. ``--thorough`` is run once, and for three
of them. The peer is not measured: it has nothing that compares.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from _harness import ROOT, Samples, Table, results

QUICK, DEFAULT, THOROUGH = "--quick", "default", "--thorough"
TIMED = ("echo_env", "openspiel_env", "coding_env")
TEMPLATES: dict[str, list[str]] = {"game": [], "gymnasium": ["--env-id", "CartPole-v1"]}


@dataclass(frozen=True)
class Healthy:
    """An environment with which nothing is wrong.

    Attributes:
        root: Its project.
        python: The interpreter that has what it needs.
        folder: Where to be meanwhile.
    """

    root: Path
    python: str
    folder: Path

    def validate(self, effort: str) -> tuple[float, list[str]]:
        """Validate it; gives how many seconds that took, and what was found."""
        options = [] if effort == DEFAULT else [effort]
        command = [self.python, "-m", "openenv_cli", "validate", str(self.root), "--json", *options]
        begun = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=False, cwd=self.folder)
        seconds = time.perf_counter() - begun
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
        checks = json.loads(done.stdout)["checks"]
        return seconds, [f"{one['id']} {found['message']}" for one in checks for found in one["findings"]]


def healthy(folder: Path) -> dict[str, Healthy]:
    """Make all of them in a folder; those of ``envs/`` are copied, so that nobody changes them meanwhile."""
    games = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "venvs.py"), "games"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    found: dict[str, Healthy] = {}
    for path in sorted((ROOT / "envs").glob("*_env")):
        copy = shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("*cache*"))
        found[path.name] = Healthy(copy, games if path.name == "openspiel_env" else sys.executable, folder)
    for template, more in TEMPLATES.items():
        name = f"made-{template}"
        command = [sys.executable, "-m", "openenv_cli", "--quiet", "init", name, "--template", template, *more]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        found[name] = Healthy(folder / name, sys.executable, folder)
    return found


@dataclass
class Outcome:
    """What validating them all has shown, by environment and effort: seconds of the timed runs, findings of all."""

    seconds: Samples = field(default_factory=dict)
    findings: dict[str, list[int]] = field(default_factory=dict)

    def add(self, name: str, effort: str, took: float, said: list[str], *, timed: bool) -> None:
        """Note one run, and tell of it."""
        key = f"{name}, {effort}"
        if timed:
            self.seconds.setdefault(key, []).append(took)
        counts = self.findings.setdefault(key, [])
        counts.append(len(said))
        lines = [f"  run {len(counts)}  {key}: {took:.1f} s, {len(said)} findings", *(f"    {one}" for one in said)]
        print("\n".join(lines), file=sys.stderr)

    def count(self, name: str, effort: str) -> str:
        """Say how many findings there were, in how many runs."""
        counts = self.findings[f"{name}, {effort}"]
        return f"{sum(counts)} in {len(counts)}"


def validated(environments: dict[str, Healthy], rounds: int, timed: int) -> Outcome:
    """Validate all of them in turn, so many times."""
    outcome = Outcome()
    turn = [(name, effort) for effort in (QUICK, DEFAULT) for name in environments]
    for name, effort in [*turn * timed, *((name, THOROUGH) for name in TIMED)]:
        outcome.add(name, effort, *environments[name].validate(effort), timed=True)
    rest = turn * (rounds - timed)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = pool.map(lambda one: environments[one[0]].validate(one[1]), rest)
        for (name, effort), run in zip(rest, runs, strict=True):
            outcome.add(name, effort, *run, timed=False)
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="runs of each, in turn (%(default)s)")
    parser.add_argument("--timed", type=int, default=3, help="how many of them are timed (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument("--docs", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args()
    published = results("validate", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        environments = healthy(Path(folder))
        outcome = validated(environments, options.rounds, options.timed)
    efforts = (QUICK, DEFAULT, THOROUGH)
    times = [
        [name, *(f"{statistics.median(outcome.seconds[f'{name}, {effort}']):.0f}" for effort in efforts)]
        for name in TIMED
    ]
    counts = [[name, *(outcome.count(name, effort) for effort in efforts[:2])] for name in environments]
    columns = ["environment", "quick", "default", "thorough"]
    published.tables = [
        Table("Wall time of validate, seconds, median", columns, times),
        Table("Findings in runs of healthy environments", columns[:-1], counts),
    ]
    published.samples = {"validate": outcome.seconds}
    published.publish(options)


if __name__ == "__main__":
    main()
