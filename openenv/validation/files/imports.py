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

from openenv.project.project import Layout, Project
from openenv.validation.check import Finding, NotChecked
from openenv.validation.files.import_probe import Wish
from openenv.validation.wording import exit_words

_LOG_LINES = 5


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
        try:
            done = self._probe(json.dumps(self._order(wishes)))
        except subprocess.TimeoutExpired:
            return [Finding(f"importing {wishes[0]} takes longer than {self.timeout_s:g} s", wishes[0].module)]
        try:
            outcomes: list[dict[str, Any] | None] = json.loads(done.stdout)
        except ValueError:
            log = done.stderr.decode("utf-8", "replace").strip().splitlines()[-_LOG_LINES:]
            message = f"the process {exit_words(done.returncode)} while it imported {wishes[0]}"
            return [Finding(message, wishes[0].module, details=tuple(log))]
        for unknown in (said["message"] for said in outcomes if said and said["unknown"]):
            raise NotChecked(unknown)
        told = {said["message"]: (said, wish) for said, wish in zip(outcomes, wishes, strict=True) if said}
        return [
            Finding(message, said["where"] or wish.module, said["mend"], tuple(said["frames"]))
            for message, (said, wish) in told.items()
        ]

    def _probe(self, order: str) -> subprocess.CompletedProcess[bytes]:
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
                try:
                    answer, _ = process.communicate(timeout=self.timeout_s)
                finally:
                    with suppress(ProcessLookupError, PermissionError):  # nothing is left of the group
                        process.kill() if os.name == "nt" else os.killpg(process.pid, signal.SIGKILL)
            log.seek(0)
            return subprocess.CompletedProcess(command, process.returncode, answer, log.read())

    def _order(self, wishes: tuple[Wish, ...]) -> dict[str, Any]:
        flat = self.project.layout is Layout.FLAT and self.project.import_path == self.project.root
        return {
            "wishes": [asdict(wish) for wish in wishes],
            "root": str(self.project.root),
            "flat_package": self.project.package if flat else None,
        }
