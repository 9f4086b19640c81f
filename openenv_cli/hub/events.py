"""What happens during a push, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Remark:
    """Something that is done, or worth knowing, in one line."""

    text: str


@dataclass(frozen=True)
class Doing:
    """What begins now and may take a while."""

    text: str


@dataclass(frozen=True)
class LogLine:
    """A line that the build of a Space printed."""

    text: str


@dataclass(frozen=True)
class Uploading:
    """Files begin to be sent: how many, and how many bytes."""

    files: int
    size: int


Event = Remark | Doing | LogLine | Uploading
OnEvent = Callable[[Event], None]
"""Is told each event."""
