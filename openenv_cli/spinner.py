"""A line on a terminal that says what is being done, and for how long; nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from openenv_cli import console

if TYPE_CHECKING:
    from rich.progress import Progress

WIDTH = 60
"""So that a line with its time fits on a terminal of 80 columns."""


class Spinner:
    """The line.

    Args:
        progress: What draws it, where there is a terminal.
        text: What is being done first.
    """

    def __init__(self, progress: Progress | None, text: str) -> None:
        self._progress = progress
        self._task = None if progress is None else progress.add_task(brief(text))

    @property
    def is_shown(self) -> bool:
        """Whether there is a terminal that shows it."""
        return self._progress is not None

    def begin(self, text: str) -> None:
        """Say what is being done from now on."""
        if self._progress is not None and self._task is not None:
            self._progress.start()
            self._progress.reset(self._task, description=brief(text))

    def update(self, text: str) -> None:
        """Say how that goes."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=brief(text))

    def make_room(self) -> None:
        """Go away until something else begins: another draws on the terminal."""
        if self._progress is not None:
            self._progress.stop()


@contextmanager
def spinner(text: str) -> Iterator[Spinner]:
    """Show a line while something is done.

    Args:
        text: What is being done first.

    Yields:
        The line.
    """
    if console.settings.quiet or not console.may_be_styled(sys.stderr):
        yield Spinner(None, text)
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Spinner(progress, text)


def brief(text: str) -> str:
    """Cut a text so that it fits on one line."""
    words = " ".join(text.split())
    return words if len(words) <= WIDTH else f"{words[: WIDTH - 1]}…"
