"""A failure that can be played again: which check it disproves, and by what."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from openenv.errors import ConfigurationError
from openenv.validation.play.script import Request, Script

FORMAT_VERSION = 1
FOLDER = Path(".openenv")


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
    dialect: str | None = None
    snippet: str = ""
    format: int = FORMAT_VERSION

    @property
    def path(self) -> Path:
        """Where it is kept: in the current folder, one for each check."""
        return FOLDER / f"{self.check}.json"

    def keep(self) -> None:
        """Write it to its file, which Git is told to ignore."""
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
        self.path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

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
            said = json.loads(path.read_text(encoding="utf-8"))
            if said["format"] != FORMAT_VERSION:
                raise ConfigurationError(f"{path} is of format {said['format']}, and this reads {FORMAT_VERSION}")
            scripts = tuple(Script(tuple(Request(**one) for one in told["requests"])) for told in said["scripts"])
            if not scripts:
                raise ValueError("it holds no script")
            return cls(str(said["check"]), scripts, said["dialect"], str(said["snippet"]))
        except OSError as error:
            raise ConfigurationError(f"cannot read {path}: {error.strerror}", hint=hint) from None
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ConfigurationError(f"{path} is no failure that was kept: {error!r}", hint=hint) from None
