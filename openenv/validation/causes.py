"""What is behind a finding at work: where the environment raised, or how its server ended."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from openenv.project.frames import is_own, place
from openenv.validation.check import Finding
from openenv.validation.wording import exit_words

_LAST_LINES = 12
_CRASHED, _CURRENT = "Fatal Python error", "Current thread"
# Where the interpreter's crash handler writes it, there is no comma and no code.
_FRAME = re.compile(r'^ +File "(.+)", line (\d+),? in (.+)(?:\n {4}(.+))?', re.MULTILINE)
_HUNG_UP = ("closed the connection without a word", "was not answered: ")


@dataclass(frozen=True)
class Death:
    """How a server ended by itself.

    Attributes:
        code: Its exit code; negative for the signal that ended it.
        log: The last lines that it logged.
    """

    code: int
    log: tuple[str, ...]


@dataclass(frozen=True)
class Frame:
    """A frame of a traceback that stands in the project.

    Attributes:
        place: The file and line.
        doing: The function, and the code where it is known.
    """

    place: str
    doing: str

    def __str__(self) -> str:
        return f"{self.place} in {self.doing}"


def explain(finding: Finding, root: Path, death: Death | None = None) -> Finding:
    """Point at the project's own line that is behind a finding, or say that the server was gone.

    Args:
        finding: What was found.
        root: The project's folder.
        death: How its server ended, where it did so by itself.

    Returns:
        The finding with what is known; where it was seen becomes the first of its details.
    """
    if finding.traceback is not None:
        seen = () if finding.where is None else (f"at {finding.where}",)
        return _placed(finding, seen, own_frames(finding.traceback, root))
    if death is None or not hung_up(finding):
        return finding
    said = finding.message if finding.where is None else f"{finding.where}: {finding.message}"
    crash = [line for line in death.log if line.startswith(_CRASHED)]
    gone = replace(
        finding,
        message=": ".join([f"the server {exit_words(death.code)}", *crash]),
        mend="find what ends the process: os._exit, a crash in native code, too little memory",
        details=finding.details if crash else (*finding.details, *death.log[-_LAST_LINES:]),
    )
    crashed_in = "\n".join(death.log).partition(_CURRENT)[2]
    return _placed(gone, (said,), own_frames(crashed_in, root)[::-1])  # the innermost is printed first there


def hung_up(finding: Finding) -> bool:
    """Say whether a finding is that the server was gone before it answered."""
    return any(words in finding.message for words in _HUNG_UP)


def own_frames(traceback: str, root: Path) -> list[Frame]:
    """Read the frames in a project's own files from a traceback, in the order in which they are printed."""
    return [
        Frame(place(file, int(line), root), f"{function}: {code}" if code else function)
        for file, line, function, code in _FRAME.findall(traceback)
        if is_own(file, root)
    ]


def _placed(finding: Finding, seen: tuple[str, ...], frames: Sequence[Frame]) -> Finding:
    """Say first where it was seen, and last how the project came to it, where that is known."""
    told = replace(finding, details=(*seen, *finding.details, *map(str, frames)))
    return replace(told, where=frames[-1].place, mend="correct the last line that is shown") if frames else told
