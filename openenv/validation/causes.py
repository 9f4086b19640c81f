"""What is behind a finding at work: where the environment raised, or how its server ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from traceback import FrameSummary

from openenv.project.frames import frames_in, own_frames, place, told
from openenv.validation.check import Finding
from openenv.validation.wording import exit_words

_LAST_LINES = 12
_CRASHED, _CURRENT = "Fatal Python error", "Current thread"


@dataclass(frozen=True)
class Death:
    """How a server ended by itself.

    Attributes:
        code: Its exit code; negative for the signal that ended it.
        log: The last lines that it logged.
    """

    code: int
    log: tuple[str, ...]


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
        return _placed(finding, seen, own_frames(frames_in(finding.traceback), root), root)
    if death is None or not finding.lost:
        return finding
    said = finding.message if finding.where is None else f"{finding.where}: {finding.message}"
    crash = [line for line in death.log if line.startswith(_CRASHED)]
    crashed_in = "\n".join(death.log).partition(_CURRENT)[2]
    own = own_frames(frames_in(crashed_in), root)
    gone = replace(
        finding,
        message=": ".join([f"the server {exit_words(death.code)}", *crash]),
        mend=None if own else "find what ends the process: os._exit, a crash in native code, too little memory",
        details=finding.details if crash else (*finding.details, *death.log[-_LAST_LINES:]),
    )
    return _placed(gone, (said,), own[::-1], root)  # the crash handler prints the innermost first


def _placed(finding: Finding, seen: tuple[str, ...], frames: list[FrameSummary], root: Path) -> Finding:
    """Say first where it was seen, and last how the project came to it, where that is known."""
    details = (*seen, *finding.details, *(told(frame, root) for frame in frames))
    if not frames:
        return replace(finding, details=details)
    mend = finding.mend or "correct the last line that is shown"
    return replace(finding, details=details, where=place(frames[-1], root), mend=mend)
