"""The servers that an image runs, as far as its Dockerfile tells. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from openenv.project.dockerfile import Instruction, Stage, expand

_SHELLS = {"sh", "bash", "ash", "dash"}
_OPERATORS = {"&&", "||", ";", "&", "|", "(", ")"}
_PREPARING = {"cd", "export", "set", "source", ".", "echo", "mkdir", "umask", "ulimit"}
"""Commands of a shell that serve nothing."""

_WRAPPING = {"exec", "env", "tini", "dumb-init", "uv", "poetry", "run", "python", "python3"}
"""What a server may be started by that listens nowhere itself."""

_SERVERS = {"uvicorn", "gunicorn", "hypercorn", "granian", "openenv.server"}
_LOCAL_BY_DEFAULT = {"uvicorn", "openenv.server"}
_OTHER_PLACES = ("--uds", "--fd")
_WITH_VALUE = ("--port", "--workers", "--log-level")
"""Options whose value may stand in a variable; any other variable may bring an address."""

_ADDRESS = ("--host", "--bind", "-b")
_LOOPBACK = re.compile(r"(?:127(?:\.\d+){3}|localhost|\[?::1\]?)(?::\d*)?")
_DOTTED = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_APP = re.compile(rf"{_DOTTED}:{_DOTTED}")


@dataclass(frozen=True)
class Serving:
    """A server that an image runs.

    Attributes:
        target: What it serves, as ``module:attribute``, or the ``module`` that Python runs.
        local: The address that it listens on, where only the container itself can reach it.
        line: The line of the instruction.
    """

    target: str
    local: str | None
    line: int


def read_serving(stage: Stage, variables: Mapping[str, str]) -> list[Serving]:
    """Read which servers the image of a stage runs.

    Args:
        stage: The stage, the last one of a Dockerfile.
        variables: The variables that its containers have.

    Returns:
        What ``ENTRYPOINT`` and ``CMD`` start, as far as the words tell.
    """
    used = _used(stage)
    words = [word for one in used for word in _words(one)]
    commands = list(_commands(words, variables))
    serving = [command for command in commands if command[0] not in _PREPARING]
    found = []
    for command in serving:
        target = _target(command)
        if target is not None:
            # Beside another program, which may be what the world is to reach, a server may well be for that alone.
            local = _local(command, variables) if len(serving) == 1 else None
            line = next((one.line for one in used if target in one.rest), used[-1].line)
            found.append(Serving(target, local, line))
    return found


def _used(stage: Stage) -> list[Instruction]:
    """The instructions that count: the last of each, and no ``CMD`` where a shell runs the ``ENTRYPOINT``."""
    last = {one.word: one for one in stage.all() if one.word in ("ENTRYPOINT", "CMD")}
    entry = last.get("ENTRYPOINT")
    if entry is not None and not _is_list(entry):
        return [entry]
    return [last[word] for word in ("ENTRYPOINT", "CMD") if word in last]


def _is_list(one: Instruction) -> bool:
    return one.rest.startswith("[")


def _words(one: Instruction) -> list[str]:
    return one.arguments if _is_list(one) else ["sh", "-c", one.rest]


def _commands(words: list[str], variables: Mapping[str, str]) -> Iterator[list[str]]:
    """Take what a shell is given apart; what runs that shell stays a command of its own, unless it only wraps."""
    for place, word in enumerate(words[:-2]):
        if PurePosixPath(word).name in _SHELLS and re.fullmatch(r"-\w*c", words[place + 1]):
            if not _only_wraps(words[:place]):
                yield words[:place]
            yield from _in_shell(expand(words[place + 2], variables))
            return
    if words:
        yield words


def _in_shell(text: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:  # quotes without an end
        return
    command: list[str] = []
    for word in [*words, ";"]:
        if word not in _OPERATORS:
            command.append(word)
        elif command:
            yield command
            command = []


def _only_wraps(words: Sequence[str]) -> bool:
    return all(word.startswith("-") or PurePosixPath(word).name in _WRAPPING for word in words)


def _server(command: Sequence[str]) -> int | None:
    """Where in a command the server stands."""
    return next((place for place, word in enumerate(command) if PurePosixPath(word).name in _SERVERS), None)


def _target(command: Sequence[str]) -> str | None:
    place = _server(command)
    if place is not None:
        return next((word for word in command[place + 1 :] if _APP.fullmatch(word)), None)
    for before, flag, word in zip(command, command[1:], command[2:], strict=False):
        if flag == "-m" and re.fullmatch(r"python[\d.]*", PurePosixPath(before).name) and re.fullmatch(_DOTTED, word):
            return word
    return None


def _local(command: Sequence[str], variables: Mapping[str, str]) -> str | None:
    place = _server(command)
    if place is None or not _only_wraps(command[:place]):
        return None
    options = command[place + 1 :]
    addresses = [value for name, value in _values(options) if name in _ADDRESS]
    if addresses:
        return addresses[0] if all(map(_LOOPBACK.fullmatch, addresses)) else None
    unknown = any(
        "$" in word and before not in _WITH_VALUE for before, word in zip(["", *options], options, strict=False)
    )
    elsewhere = any(word.partition("=")[0] in _OTHER_PLACES for word in options) or "UVICORN_HOST" in variables
    by_default = PurePosixPath(command[place]).name in _LOCAL_BY_DEFAULT
    return "127.0.0.1" if by_default and not unknown and not elsewhere else None


def _values(options: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Go through options that have values: ``--host X`` and ``--host=X``."""
    for word, following in zip(options, [*options, ""][1:], strict=True):
        name, equals, value = word.partition("=")
        yield name, value if equals else following
