"""What happens when a project's modules are imported, each time in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from openenv.project.frames import frames_in, own_frames, place, told
from openenv.project.project import Layout, Project
from openenv.validation.check import Finding, NotChecked
from openenv.validation.files.import_probe import Wish
from openenv.validation.wording import exit_words

_LOG_LINES = 5
_GRACE_S = 5.0
"""How much longer than an import may take its process may take to say so."""

_TIME_IS_UP, _CURRENT, _THREAD = "Timeout (", "Current thread", "Thread 0x"
"""Words of the interpreter's crash handler."""

_HANGS = "let no module wait at its top: what takes its time belongs into __init__ or reset; or raise --timeout"
_ENDS = "take out what ends the process as it is imported, such as os._exit"
_CRASHES = "find what ends the process: a crash in native code, or too little memory"


@dataclass(frozen=True)
class _Probed:
    """What came of the probe.

    Attributes:
        code: Its exit code; ``None`` where it had to be killed.
        answer: What it answered.
        log: What it and the project printed.
    """

    code: int | None
    answer: bytes
    log: str


@dataclass(frozen=True)
class Imports:
    """Imports modules of a project on demand.

    Attributes:
        project: The project.
        timeout_s: How long an import may take, in seconds.
    """

    project: Project
    timeout_s: float

    def failures(self, *wishes: Wish) -> list[Finding]:
        """Import things in one fresh interpreter.

        Args:
            wishes: What to import, and what each should be.

        Returns:
            What is wrong; the same error is told once.

        Raises:
            NotChecked: Importing does not tell.
        """
        done = self._probe(json.dumps(self._order(wishes)))
        try:
            outcomes: list[dict[str, Any] | None] = json.loads(done.answer)
        except ValueError:
            return [self._unfinished(wishes[0], done.code, done.log)]
        for unknown in (said["message"] for said in outcomes if said and said["unknown"]):
            raise NotChecked(unknown)
        wrong = {said["message"]: (said, wish) for said, wish in zip(outcomes, wishes, strict=True) if said}
        return [
            Finding(message, said["where"] or wish.module, said["mend"], tuple(said["frames"]))
            for message, (said, wish) in wrong.items()
        ]

    def _unfinished(self, wish: Wish, code: int | None, log: str) -> Finding:
        """Say why an import came to no end, and in which of the project's lines, where that is known."""
        root = self.project.root
        # The thread that crashed; of those that wait, the main one, which is printed last.
        stopped = log.rpartition(_CURRENT if _CURRENT in log else _THREAD)[2]
        frames = own_frames(frames_in(stopped), root)[::-1]
        where = place(frames[-1], root) if frames else wish.module
        shown = tuple(told(frame, root) for frame in frames)
        if code is None or _TIME_IS_UP in log:
            return Finding(f"importing {wish} takes longer than {self.timeout_s:g} s", where, _HANGS, shown)
        message = f"the process {exit_words(code)} while it imported {wish}"
        lines = () if frames else tuple(log.strip().splitlines()[-_LOG_LINES:])
        return Finding(message, where, _ENDS if code >= 0 else _CRASHES, (*shown, *lines))

    def _probe(self, order: str) -> _Probed:
        """Run the probe; what the project's modules have started is gone afterwards, as it is."""
        command = [sys.executable, "-m", "openenv.validation.files.import_probe", order]
        # A file, since a pipe would stay open as long as anything that the modules have started.
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                command,
                cwd=self.project.import_path,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
            with process:
                answer, code = b"", None
                try:
                    with suppress(subprocess.TimeoutExpired):  # that there is no code tells it
                        answer, _ = process.communicate(timeout=self.timeout_s + _GRACE_S)
                        code = process.returncode
                finally:
                    with suppress(ProcessLookupError, PermissionError):  # nothing is left of the group
                        process.kill() if os.name == "nt" else os.killpg(process.pid, signal.SIGKILL)
            log.seek(0)
            return _Probed(code, answer, log.read().decode("utf-8", "replace"))

    def _order(self, wishes: tuple[Wish, ...]) -> dict[str, Any]:
        flat = self.project.layout is Layout.FLAT and self.project.import_path == self.project.root
        return {
            "wishes": [asdict(wish) for wish in wishes],
            "root": str(self.project.root),
            "timeout_s": self.timeout_s,
            "flat_package": self.project.package if flat else None,
        }
