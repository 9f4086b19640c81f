"""What happens when a project's modules are imported, each time in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

from openenv.project.project import Layout, Project
from openenv.validation.check import Finding
from openenv.validation.import_probe import Wish

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
        """
        try:
            done = subprocess.run(
                [sys.executable, "-m", "openenv.validation.import_probe", json.dumps(self._order(wishes))],
                cwd=self.project.import_path,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [Finding(f"importing {wishes[0]} takes longer than {self.timeout_s:g} s", wishes[0].module)]
        try:
            outcomes: list[dict[str, Any] | None] = json.loads(done.stdout)
        except ValueError:
            log = done.stderr.decode("utf-8", "replace").strip().splitlines()[-_LOG_LINES:]
            message = f"the process ended with exit code {done.returncode} while it imported {wishes[0]}"
            return [Finding(message, wishes[0].module, details=tuple(log))]
        told = {said["message"]: (said, wish) for said, wish in zip(outcomes, wishes, strict=True) if said}
        return [
            Finding(message, said["where"] or wish.module, details=tuple(said["frames"]))
            for message, (said, wish) in told.items()
        ]

    def _order(self, wishes: tuple[Wish, ...]) -> dict[str, Any]:
        flat = self.project.layout is Layout.FLAT and self.project.import_path == self.project.root
        return {
            "wishes": [asdict(wish) for wish in wishes],
            "root": str(self.project.root),
            "flat_package": self.project.package if flat else None,
        }
