"""Plays programs on poorer machines than this one, see tests/sandbox/machine.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

MACHINE = Path(__file__).parents[1] / "sandbox" / "machine.py"
PRELUDE = "import json, os, sys\nfrom openenv.sandbox import Limits, Sandbox\n"
KINDS = ["rich", "plain", "user", "plain-user"]


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
