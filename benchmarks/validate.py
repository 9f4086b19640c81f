"""What ``openenv validate`` takes, and how often it blames an environment that is healthy.

Healthy are those in ``envs/`` and what ``openenv init`` makes from each template. ``--thorough`` is measured once, and
for three of them, the others once a round. The peer is not measured: it has nothing that compares.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from _harness import ROOT, Table, results

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
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, cwd=self.folder)
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


def measured(environments: dict[str, Healthy], rounds: int) -> tuple[dict[str, list[float]], dict[str, list[str]]]:
    """Validate all of them in turn; gives the seconds and what was found, each by environment and effort."""
    seconds: dict[str, list[float]] = {}
    alarms: dict[str, list[str]] = {}
    for number in range(rounds):
        for effort in (QUICK, DEFAULT, *([THOROUGH] if number == 0 else [])):
            for name, environment in environments.items():
                if effort == THOROUGH and name not in TIMED:
                    continue
                key = f"{name}, {effort}"
                took, said = environment.validate(effort)
                seconds.setdefault(key, []).append(took)
                alarms.setdefault(key, []).extend(said)
                print(f"  round {number + 1}/{rounds}  {key}: {took:.1f} s, {len(said)} findings", file=sys.stderr)
                print("".join(f"    {one}\n" for one in said), end="", file=sys.stderr)
    return seconds, alarms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="runs of each, in turn (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument("--docs", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args()
    outcome = results("validate", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        environments = healthy(Path(folder))
        seconds, alarms = measured(environments, options.rounds)
    efforts = (QUICK, DEFAULT, THOROUGH)
    times = [
        [name, *(f"{statistics.median(seconds[f'{name}, {effort}']):.0f}" for effort in efforts)] for name in TIMED
    ]
    counts = [
        [
            name,
            *(f"{len(alarms[f'{name}, {effort}'])} in {len(seconds[f'{name}, {effort}'])}" for effort in efforts[:2]),
        ]
        for name in environments
    ]
    columns = ["environment", "quick", "default", "thorough"]
    outcome.tables = [
        Table("Wall time of validate, seconds, median", columns, times),
        Table("Findings in runs of healthy environments", columns[:-1], counts),
    ]
    outcome.samples = {"validate": seconds}
    outcome.publish(options)


if __name__ == "__main__":
    main()
