"""A failure that can be played again: which check it disproves, and by what."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from openenv.errors import ConfigurationError
from openenv.protocol import Dialect
from openenv.protocol.faults import field_by_field
from openenv.validation.play.script import Script

FORMAT_VERSION = 1
FOLDER = Path(".openenv")
_MOST_LINES = 40


@dataclass(frozen=True)
class Replay:
    """A failure that can be played again.

    Attributes:
        check: The id of the check that it fails.
        scripts: What was played to see it: first what is at fault, then what it is compared with.
        dialect: The version of the protocol; ``None`` for the newest.
        snippet: The same as a Python program.
        format: Raised when a field changes its meaning or goes away.
    """

    check: str
    scripts: tuple[Script, ...]
    dialect: Dialect | None = None
    snippet: str = ""
    format: int = FORMAT_VERSION

    @property
    def path(self) -> Path:
        """Where it is kept: in the current folder, one for each check."""
        return FOLDER / f"{self.check}.json"

    @property
    def program(self) -> Path:
        """Where it is kept as a Python program."""
        return self.path.with_suffix(".py")

    @property
    def told(self) -> list[str]:
        """What people are shown of the program: its lines, or where it is kept if these are many."""
        lines = self.snippet.splitlines()
        return lines if len(lines) <= _MOST_LINES else [f"# {len(lines)} lines, in {self.program}"]

    def again(self, target: str) -> str:
        """Write the command that plays it again.

        Args:
            target: What is validated, as a path or a URL.
        """
        return f"openenv validate {shlex.quote(target)} --replay {self.path}"

    def keep(self) -> None:
        """Write it to its files, which Git is told to ignore."""
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
        self.path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        if self.snippet:
            self.program.write_text(self.snippet, encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Replay:
        """Read one that was kept.

        Args:
            path: The file, as ``openenv validate`` has written it.

        Returns:
            The failure.

        Raises:
            ConfigurationError: The file cannot be read, or holds something else.
        """
        hint = "give a file that openenv validate has written, below .openenv/"
        try:
            text = path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"cannot read {path}: {error.strerror}", hint=hint) from None
        try:
            kept = TypeAdapter(cls).validate_json(text, strict=True)
        except ValidationError as error:
            said = field_by_field(error)
            raise ConfigurationError(f"{path} is no failure that was kept: {said}", hint=hint) from None
        if kept.format != FORMAT_VERSION:
            raise ConfigurationError(f"{path} is of format {kept.format}, and this reads {FORMAT_VERSION}", hint=hint)
        if not kept.scripts or not all(script.begins_with_resets for script in kept.scripts):
            raise ConfigurationError(f"{path} holds no episode, which begins with a reset", hint=hint)
        return kept
