"""What this machine has of what environments need to be made, run and shipped."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from openenv_cli import clash, ports
from openenv_cli.errors import CommandError, MissingError

OLDEST, NEWEST = (3, 10), (3, 14)
"""The versions of Python that this package is tested with, and all between them."""

LEAST_FREE_GB = 2.0
DEFAULT_PORT = 8000

_BUILDKIT_SINCE = (1, 39)
_GIGABYTE = 1e9


class Status(str, Enum):
    """What something means for whoever wants to work here."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing keeps from working."""
    PROBLEM = "problem"
    """To be mended here."""
    MISSING = "missing"
    """Something outside of this package is not there."""


EXIT_CODES = {Status.PROBLEM: CommandError.exit_code, Status.MISSING: MissingError.exit_code}
"""What findings of each kind make of the exit code; the first kind that there is counts."""


@dataclass(frozen=True)
class Finding:
    """What was found.

    Attributes:
        name: What was looked at.
        status: What that means.
        message: What it is like, in one line.
        hint: What to do about it, in one line.
    """

    name: str
    status: Status
    message: str
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Lay it out for programs."""
        return {**asdict(self), "status": self.status.value}


def examine() -> Iterator[Finding]:
    """Look at one thing after the other; the engine is asked, and nothing else beyond this machine.

    Yields:
        What was found, one finding for each thing.
    """
    yield python(sys.version_info[:3])
    yield distributions()
    yield from engine()
    yield disk("disk", Path.cwd())
    yield hub_token()
    yield port(DEFAULT_PORT)


def exit_code(findings: list[Finding]) -> int:
    """Say how a command that found this ends."""
    found = {finding.status for finding in findings}
    return next((code for status, code in EXIT_CODES.items() if status in found), 0)


def python(running: tuple[int, int, int]) -> Finding:
    """Judge a version of Python."""
    text = f"{'.'.join(map(str, running))}, in {sys.prefix}"
    if OLDEST <= running[:2] <= NEWEST:
        return Finding("python", Status.OK, text)
    tested = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    return Finding("python", Status.NOTE, text, f"tested are {tested}; another one may do")


def distributions() -> Finding:
    """Look for distributions that share files with ours, and for what they have left of those."""
    others = clash.strangers()
    if others:
        named = " and ".join(f"{name} {there}" for name, there in others.items())
        verb = "install" if len(others) > 1 else "installs"
        message = f"{named} {verb} the package openenv too: its files and ours are mixed up"
        return Finding("packages", Status.PROBLEM, message, clash.advice())
    foreign = clash.foreign_files()
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        message = f"{foreign[0]}{more} of {clash.DISTRIBUTION} were overwritten, or are gone"
        return Finding("packages", Status.PROBLEM, message, clash.advice())
    installed = clash.installed(clash.DISTRIBUTION)
    return Finding("packages", Status.OK, f"{clash.DISTRIBUTION} {installed or 'from its files'}")


def engine() -> Iterator[Finding]:
    """Ask the container engine what it is, and look at its disk where that is one of this machine."""
    from openenv.engine import EngineError, connect

    try:
        client = connect()
    except EngineError as error:
        yield Finding("engine", Status.MISSING, error.message, error.hint)
        return
    with closing(client):
        about, folder = client.version(), Path(client.info()["DockerRootDir"])
    api = tuple(int(part) for part in about["ApiVersion"].split("."))
    buildkit = "with BuildKit" if api >= _BUILDKIT_SINCE else "without BuildKit"
    yield Finding("engine", Status.OK, f"{about['Version']} for {about['Os']}/{about['Arch']}, {buildkit}")
    if folder.is_dir():
        yield disk("engine's disk", folder, "docker system prune frees what no container uses")


def disk(name: str, folder: Path, hint: str | None = None) -> Finding:
    """Look at how much is free where a folder is."""
    free = shutil.disk_usage(folder).free / _GIGABYTE
    text = f"{free:.1f} GB free in {folder}"
    if free >= LEAST_FREE_GB:
        return Finding(name, Status.OK, text)
    return Finding(name, Status.MISSING, text, hint or f"an image needs about {LEAST_FREE_GB:g} GB while it is built")


def hub_token() -> Finding:
    """Look for a token of the Hugging Face Hub; nothing is sent there."""
    from huggingface_hub import get_token

    if get_token():
        return Finding("Hub token", Status.OK, "there is one")
    return Finding("Hub token", Status.NOTE, "there is none", "hf auth login, or HF_TOKEN=…, before the first push")


def port(number: int) -> Finding:
    """Look whether a port of the loopback interface is free."""
    try:
        ports.listen("127.0.0.1", number).close()
    except MissingError as error:
        return Finding("port", Status.NOTE, error.message, error.hint)
    return Finding("port", Status.OK, f"{number} is free")
