"""Plays programs on poorer machines than this one, see tests/sandbox/machine.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openenv.sandbox import kernel

MACHINE = Path(__file__).parents[1] / "sandbox" / "machine.py"
PRELUDE = "import json, os, sys\nfrom openenv.sandbox import Limits, Sandbox\n"
KINDS = ["rich", "plain", "user", "plain-user"]


def _has_landlock():
    """Whether the kernel has Landlock, as Linux 5.19 and later may."""
    try:
        return kernel.system_call(444, None, 0, 1) > 1
    except OSError:
        return False


HAS_LANDLOCK = sys.platform == "linux" and _has_landlock()
needs_landlock = pytest.mark.skipif(not HAS_LANDLOCK, reason="the kernel has no Landlock")


def command(kind, program):
    return [sys.executable, str(MACHINE), kind, PRELUDE + program]


def played(kind, program, **variables):
    """Run a program on some kind of machine; returns the JSON that it prints."""
    return played_by(command(kind, program), **variables)


def played_by(arguments, **variables):
    environment = {**os.environ, **variables}
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return json.loads(done.stdout)


def running(mark):
    """Find the processes that have this among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in arguments:
            found.append(path.parent.name)
    return found
