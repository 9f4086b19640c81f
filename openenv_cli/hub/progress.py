"""What people see of a push while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from openenv_cli import console
from openenv_cli.hub.client import heard
from openenv_cli.hub.events import Doing, Event, LogLine, OnEvent, Uploading
from openenv_cli.hub.follow import DeployError
from openenv_cli.hub.push import NotValidError
from openenv_cli.spinner import Spinner, spinner

_KILOBYTE, _MEGABYTE = 1_000, 1_000_000


@contextmanager
def progress() -> Iterator[OnEvent]:
    """Show a push: on a terminal what it does now, elsewhere a line for each thing; and what led to its failure.

    Yields:
        What is told each event.
    """
    shown: set[str] = set()
    try:
        with spinner("asking the Hub") as line:

            def show(event: Event) -> None:
                _show(event, line, shown)

            with heard(show, bars=line.is_shown):
                yield show
    except DeployError as error:
        for text in error.log:
            if text not in shown:
                console.detail(text)
        raise
    except NotValidError as error:
        for text in error.findings:
            console.detail(text)
        raise


def _show(event: Event, line: Spinner, shown: set[str]) -> None:
    if isinstance(event, Doing):
        line.begin(event.text)
        if not line.is_shown:
            console.note(f"{event.text} …", "dim")
    elif isinstance(event, LogLine):
        line.update(event.text)
        if not line.is_shown and not console.settings.quiet:
            shown.add(event.text)
            console.note(event.text)
    elif isinstance(event, Uploading):
        line.make_room()  # for the bars of the Hub's own client
        files = "1 file" if event.files == 1 else f"{event.files} files"
        unit, name = (_KILOBYTE, "kB") if event.size < _MEGABYTE else (_MEGABYTE, "MB")
        console.note(f"uploading {files}, {event.size / unit:.1f} {name} …")
    else:
        console.note(event.text)
