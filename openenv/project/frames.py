"""Which lines that an error passed through stand in an author's own files.

Frames are those of the standard library, however they were come by: from an exception, or from a text that has
one printed in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from traceback import FrameSummary, StackSummary, walk_tb

# Where the interpreter's crash handler writes it, there is no comma and no code.
_PRINTED = re.compile(r'^ +File "(.+)", line (\d+)(?:,? in (.+))?(?:\n {4}(.+))?', re.MULTILINE)


def is_own(file: str | Path, root: Path) -> bool:
    """Say whether a file belongs to an author.

    Args:
        file: The file, as a traceback names it.
        root: The folder of a project or package, or a module's one file. Virtual environments below it do not
            count, and of the folder that all packages are installed in, nothing does.
    """
    path = Path(file)
    return path.is_relative_to(root) and "site-packages" not in path.relative_to(root.parent).parts


def frames_of(error: BaseException) -> list[FrameSummary]:
    """List the frames that an error passed through, the outermost first.

    Args:
        error: What was raised.

    Returns:
        The frames; their code is read when it is asked for. The line that a ``SyntaxError`` complains of is
        the last one, and in no function: its ``name`` is empty.
    """
    frames = list(StackSummary.extract(walk_tb(error.__traceback__), lookup_lines=False))
    if isinstance(error, SyntaxError) and error.filename is not None:
        frames.append(_frame(error.filename, error.lineno, "", error.text))
    return frames


def frames_in(text: str) -> list[FrameSummary]:
    """Read frames from text that Python printed: a traceback, or what its crash handler says.

    Args:
        text: The text.

    Returns:
        The frames in the order in which they are printed; ``line`` is empty where no code is.
    """
    return [_frame(file, int(line), name, code) for file, line, name, code in _PRINTED.findall(text)]


def own_frames(frames: Iterable[FrameSummary], root: Path) -> list[FrameSummary]:
    """Choose the frames in an author's own files; see :func:`is_own` for ``root``."""
    return [frame for frame in frames if is_own(frame.filename, root)]


def last_own(frames: Iterable[FrameSummary], root: Path) -> FrameSummary | None:
    """Choose the author's last own line of an error's frames; see :func:`is_own` for ``root``."""
    return next(iter(own_frames(frames, root)[::-1]), None)


def place(frame: FrameSummary, root: Path | None = None) -> str:
    """Name a frame's line: ``my_env/client.py:3``, as seen from a project's folder where one is given."""
    file = frame.filename if root is None else Path(frame.filename).relative_to(root).as_posix()
    return f"{file}:{frame.lineno}"


def told(frame: FrameSummary, root: Path) -> str:
    """Say what a frame did, as far as that is known: ``my_env/client.py:3 in step: return self.board[place]``."""
    doing = f" in {frame.name}" if frame.name else ""
    return f"{place(frame, root)}{doing}" + (f": {frame.line}" if frame.line else "")


def _frame(file: str, line: int | None, name: str, code: str | None) -> FrameSummary:
    # Without code, the standard library would look for some in the file as it is now.
    return FrameSummary(file, line, name, lookup_line=False, line=(code or "").strip())
