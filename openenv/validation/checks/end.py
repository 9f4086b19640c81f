"""H019 and H023 - H025: how the server ends, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openenv.validation.check import Finding, NotChecked, Severity, Stage, check
from openenv.validation.serving.launch import Exit
from openenv.validation.wording import brief

_SHOWN = 5


@check(
    "H019",
    "The server exits cleanly on SIGTERM",
    stage=Stage.EXIT,
    needs=("H003", "B002"),
    spoilt_by=("B014", "B027", "W013"),  # what never returns keeps the server from ending
    mend="close what the environment has opened in close(), and serve with openenv.server",
)
def server_exits_cleanly(exit_: Exit) -> Iterator[Finding]:
    """In ten seconds at most, with exit code 0, when no session is left."""
    if exit_.forced:
        yield Finding(f"it was still there {exit_.seconds:.1f} s after SIGTERM and had to be killed", details=exit_.log)
    elif exit_.code != 0:
        yield Finding(f"the exit code is {exit_.code}", details=exit_.log)


@check(
    "H023",
    "No process outlives the server",
    stage=Stage.EXIT,
    needs=("H019",),
    mend="end what the environment has started in close(), and wait for its end",
)
def no_process_is_left(exit_: Exit) -> Iterator[Finding]:
    """What goes on without it takes memory and processors from the next run."""
    if exit_.left.processes is None:
        raise NotChecked("this system does not tell which processes the server has started")
    for command in exit_.left.processes[:_SHOWN]:
        yield Finding(f"'{brief(command)}' still runs")


@check(
    "H024",
    "No temporary file is left",
    stage=Stage.EXIT,
    severity=Severity.WARNING,
    needs=("H019",),
    mend="remove it in close(), or make it with tempfile.TemporaryDirectory",
)
def no_temporary_file_is_left(exit_: Exit) -> Iterator[Finding]:
    """A few files for each episode fill the disk of a long training run."""
    files = exit_.left.files
    if files:
        yield Finding(f"{len(files)} temporary files or folders are left: {_named(files)}")


@check(
    "H025",
    "The working folder is as it was",
    stage=Stage.EXIT,
    severity=Severity.WARNING,
    needs=("H019",),
    mend="keep what an episode needs in memory, or in a temporary folder of its own",
)
def working_folder_is_unchanged(exit_: Exit) -> Iterator[Finding]:
    """Sessions share it: what one writes there, another one reads; and an image may not let it be written."""
    changes = exit_.left.changes
    if changes:
        yield Finding(f"{_named(changes)}")


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
