"""Which process something belongs to that can outlive it, told so that every other process can check it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_WRITTEN = re.compile(r"(?P<realm>\S+) (?P<pid>\d+) (?P<started>.*)")
_ENDED = ("Z", "X")
_STATE, _START_TIME = 0, 19
"""Fields of ``/proc/PID/stat`` after the process's name (man 5 proc)."""


@dataclass(frozen=True)
class Owner:
    """A process. Ids are used again, so the time when it started is a part of it.

    Attributes:
        realm: Within what the id is unique: one boot of one kernel, and one namespace of processes there.
        pid: Its id.
        started: When it started, as the system says it.
    """

    realm: str
    pid: int
    started: str

    @classmethod
    def here(cls) -> Owner:
        """This process."""
        return cls(_realm(), os.getpid(), _start_of(os.getpid()) or "")

    @classmethod
    def parse(cls, text: str) -> Owner | None:
        """Read what ``str`` wrote; ``None`` where it is something else."""
        found = _WRITTEN.fullmatch(text)
        return cls(found["realm"], int(found["pid"]), found["started"]) if found else None

    def __str__(self) -> str:
        return f"{self.realm} {self.pid} {self.started}"

    @property
    def is_gone(self) -> bool:
        """Whether it has ended for certain; never so for a process that cannot be seen from here."""
        return bool(self.started) and self.realm == _realm() and _start_of(self.pid) != self.started


def _realm() -> str:
    if _BOOT_ID.exists():
        return f"{_BOOT_ID.read_text(encoding='ascii').strip()}/{_NAMESPACE.readlink()}"
    from uuid import getnode

    return f"{getnode():x}"


def _start_of(pid: int) -> str | None:
    """When a process started; ``None`` where it runs no more, or where the system does not say."""
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = stat.rpartition(")")[2].split()  # the name before may hold anything
        return None if fields[_STATE] in _ENDED else fields[_START_TIME]
    if os.name != "posix":
        return None
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, encoding="utf-8")
    return listed.stdout.strip() or None
