"""What the engine says while it builds, as typed events. Pure: entries of its stream in, events out."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from openenv_cli.errors import CommandError, MissingError

_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)")
_CACHED = " ---> Using cache"
_REMARKS = (" ---> ", "Removing intermediate container ", "Successfully built ", "Successfully tagged ")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_KEPT = 20
_NO_SPACE = "no space left on device"
_NOT_THERE = "excluded by .dockerignore"
_OTHER_PLATFORM = "does not match the specified platform"


@dataclass(frozen=True)
class Step:
    """An instruction begins.

    Attributes:
        number: Which one it is, from 1.
        total: How many there are.
        instruction: Its text.
    """

    number: int
    total: int
    instruction: str


@dataclass(frozen=True)
class Cached:
    """The instruction's result was there already."""


@dataclass(frozen=True)
class Output:
    """The instruction has printed a line.

    Attributes:
        text: The line.
    """

    text: str


@dataclass(frozen=True)
class Built:
    """The build is done.

    Attributes:
        image: The id of the image.
    """

    image: str


Event = Step | Cached | Output | Built


class BuildError(CommandError):
    """An instruction failed.

    Args:
        step: The instruction, if the build had come to one.
        reason: What the engine says.
        log: The last lines that the instruction printed.
        hint: What to do about it.
    """

    def __init__(self, step: Step | None, reason: str, log: tuple[str, ...], hint: str | None = None) -> None:
        where = "the build" if step is None else f"step {step.number} of {step.total}, {step.instruction}:"
        data = {"instruction": step and step.instruction, "reason": reason, "log": list(log)}
        super().__init__(f"{where} failed: {reason}" if step is None else f"{where} {reason}", data, hint=hint)
        self.step = step
        self.log = log


class BaseImageError(BuildError, MissingError):
    """The image to build on cannot be had."""


def read_events(stream: Iterable[dict[str, Any]]) -> Iterator[Event]:
    """Read what the engine says.

    Args:
        stream: The decoded entries of its stream.

    Yields:
        What happens, in order; last a ``Built``.

    Raises:
        BuildError: An instruction failed, or the stream ended early.
        BaseImageError: The image to build on cannot be had.
    """
    step: Step | None = None
    log: deque[str] = deque(maxlen=_KEPT)
    image = None
    rest = ""
    for entry in stream:
        lines, rest = _cut(rest, _COLOURS.sub("", entry.get("stream", "")))
        if "error" in entry:
            raise _build_error(step, str(entry["error"]), (*log, rest) if rest else tuple(log))
        image = entry.get("aux", {}).get("ID", image)
        for event in (*read_layer(entry), *_read(lines)):
            if isinstance(event, Step):
                step = event
                log.clear()
            elif isinstance(event, Output):
                log.append(event.text)
            yield event
    if image is None:
        raise BuildError(step, "the engine hung up", tuple(log), "is it still running?")
    yield Built(image)


def _cut(rest: str, text: str) -> tuple[list[str], str]:
    """Cut what was said into lines. What a step prints comes in pieces; the engine's own words begin a line."""
    begins = bool(_STEP.fullmatch(text)) or text.startswith(_REMARKS)
    *lines, last = (text if begins else rest + text).split("\n")
    before = [rest] if begins and rest else []
    return ([*before, *lines, last], "") if _STEP.fullmatch(last) else ([*before, *lines], last)


def read_layer(entry: dict[str, Any]) -> Iterator[Output]:
    """Read what the engine says of a layer that it pulls or pushes.

    Args:
        entry: A decoded entry of its stream.

    Yields:
        What happened to the layer, if that is more than that some bytes were moved.
    """
    if "status" in entry and not entry.get("progressDetail"):
        yield Output(": ".join(str(entry[key]) for key in ("id", "status") if key in entry))


def _read(lines: list[str]) -> Iterator[Event]:
    for line in lines:
        begun = _STEP.fullmatch(line)
        if begun:
            yield Step(int(begun[1]), int(begun[2]), begun[3])
        elif line == _CACHED:
            yield Cached()
        elif line.strip() and not line.startswith(_REMARKS):
            yield Output(line.rstrip().rpartition("\r")[2])  # of a bar of progress, the end


def _build_error(step: Step | None, reason: str, log: tuple[str, ...]) -> BuildError:
    if _NO_SPACE in reason or any(_NO_SPACE in line for line in log):
        return BuildError(step, reason, log, "docker system prune removes what is not used any more")
    if _OTHER_PLATFORM in reason:
        return BaseImageError(step, reason, log, "docker pull --platform brings the base image for another platform")
    if step is not None and step.instruction.upper().startswith("FROM "):
        return BaseImageError(step, reason, log, "--base-image names another image to build on, one that is here")
    if _NOT_THERE in reason:
        hint = "is it there, below the project's folder? .dockerignore says what goes in: a line !NAME takes it along"
        return BuildError(step, reason, log, hint)
    return BuildError(step, reason, log)
