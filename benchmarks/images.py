"""What an image costs: its size, its build, the build after a change of one line, and the start to the first step.

Both images are of what ``openenv init`` makes, on the same base, by the same builder. The peer's Dockerfile needs a
base image of its own and uv; the one used here does the same steps in the same order with pip. Left out where there
is no container engine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from _harness import (
    PEER,
    ROOT,
    Samples,
    Table,
    in_turn,
    options_of,
    our_environment,
    resolve_interpreters,
    results,
    row,
)

from openenv.client import GenericEnvClient
from openenv.engine import EngineError, connect
from openenv.providers.docker import DockerProvider

MEGABYTE = 1_000_000
PEER_DOCKERFILE = """\
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS builder
WORKDIR /app
COPY . /app/env
RUN python3 -m venv /app/.venv && /app/.venv/bin/pip install --no-cache-dir openenv==0.10.0 /app/env
FROM ${BASE_IMAGE}
WORKDIR /app
COPY --from=builder /app/.venv /app/.venv
COPY --from=builder /app/env /app/env
ENV PATH="/app/.venv/bin:$PATH" PYTHONPATH="/app/env"
CMD ["sh", "-c", "cd /app/env && uvicorn server.app:app --host 0.0.0.0 --port 8000"]
"""


@dataclass(frozen=True)
class Contestant:
    """A project and its image.

    Attributes:
        root: The project.
        changed: A file of it, to which a line is added.
        base_image: What it builds on.
        builder: The interpreter whose ``openenv build`` builds it.
    """

    root: Path
    changed: Path
    base_image: str
    builder: str

    @property
    def tag(self) -> str:
        """What its image is called."""
        return f"openenv-bench-{self.root.name}:latest"

    def build(self, *options: str) -> float:
        """Build it; seconds."""
        command = [self.builder, "-m", "openenv_cli", "--quiet", "build", str(self.root), "-t", self.tag, "--no-smoke"]
        begun = time.perf_counter()
        subprocess.run(
            [*command, "--base-image", self.base_image, *options],
            env={**os.environ, **our_environment()},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - begun

    def rebuild(self) -> float:
        """Add a line and build it again; seconds."""
        with self.changed.open("a", encoding="utf-8") as file:
            file.write(f"# {time.time_ns()}\n")
        return self.build()

    def size(self) -> float:
        """Megabytes that its image adds to its base."""
        with closing(connect()) as client:
            sizes = [client.images.get(name).attrs["Size"] for name in (self.tag, self.base_image)]
        return float(sizes[0] - sizes[1]) / MEGABYTE

    def first_step(self) -> float:
        """Start a container, reset and step; seconds."""
        begun = time.perf_counter()
        provider = DockerProvider(self.tag, read_only=False)
        try:
            with GenericEnvClient(base_url=provider.start()) as env:
                env.reset()
                env.step({"message": "hello"})
            return time.perf_counter() - begun
        finally:
            provider.stop()


def contestants(folder: Path, options: argparse.Namespace) -> dict[str, Contestant]:
    """Make both projects."""
    command = Path(options.peer).with_name("openenv")
    subprocess.run([command, "init", "peer_env"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    peer = folder / "peer_env"
    (peer / "server" / "Dockerfile").write_text(PEER_DOCKERFILE, encoding="utf-8")
    made = [options.ours, "-m", "openenv_cli", "init", "our-env", "--no-input"]
    subprocess.run(made, cwd=folder, env={**os.environ, **our_environment()}, check=True, stdout=subprocess.DEVNULL)
    ours = folder / "our-env"
    return {
        "ours": Contestant(ours, ours / "our_env" / "models.py", options.base_image, options.ours),
        PEER: Contestant(peer, peer / "models.py", options.base_image, options.ours),
    }


def table_of(title: str, measures: dict[str, Callable[[], float]], rounds: int, form: str) -> tuple[Table, Samples]:
    """Measure in turn, and lay out each beside the peer."""
    samples = in_turn(measures, rounds)
    rows = [row(samples, name, [PEER], form) for name in samples]
    return Table(title, ["", "median", f"of {PEER}", "range"], rows), samples


def main() -> None:
    parser = options_of(__doc__, rounds=3)
    parser.add_argument("--base-image", default="openenv-test-base:latest", help="what to build on (%(default)s)")
    options = parser.parse_args()
    try:
        connect().close()
    except EngineError as error:
        print(f"left out: {error}")
        return
    resolve_interpreters(options)
    outcome = results("images", options.ours)
    with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as folder:
        both = contestants(Path(folder), options)
        for title, measure, rounds, form in (
            ("Image built from nothing, seconds", lambda one: partial(one.build, "--no-cache"), 1, ".1f"),
            ("Image, MB beside its base", lambda one: one.size, 1, ".0f"),
            ("Image built after a change of one line, seconds", lambda one: one.rebuild, options.rounds, ".1f"),
            ("Start of a container to the first step, seconds", lambda one: one.first_step, options.rounds, ".2f"),
        ):
            table, samples = table_of(title, {name: measure(one) for name, one in both.items()}, rounds, form)
            outcome.tables.append(table)
            outcome.samples[title] = samples
    outcome.publish(options)


if __name__ == "__main__":
    main()
