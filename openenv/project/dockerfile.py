"""What a Dockerfile says, read as text and never built. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_WORDS = {
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"),
    *("ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
}
_HEREDOC = re.compile(r"(?:^|\s)\d*<<-?[\"']?(\w+)[\"']?")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?([-+])([^}]*))?\})")
_PAIR = re.compile(r"""(\w+)=("(?:\\.|[^"])*"|'[^']*'|(?:\\.|[^\s\\])*)""")
_FLAG = re.compile(r"--([\w-]+)(?:=(\S+))?\s+")


class DockerfileError(ValueError):
    """A text is no Dockerfile.

    Args:
        message: What is wrong.
        line: Where, counted from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        word: What it is, in capitals: ``COPY``.
        rest: What follows, in one line.
        line: Where it begins, counted from 1.
    """

    word: str
    rest: str
    line: int

    def __str__(self) -> str:
        return f"{self.word} {self.rest}".rstrip()

    @property
    def flags(self) -> dict[str, str]:
        """Its flags: ``--from=build`` is ``from`` -> ``build``."""
        return dict(self._split()[0])

    @property
    def arguments(self) -> list[str]:
        """The words after its flags; those of a JSON list are its items."""
        rest = self._split()[1]
        if rest.startswith("["):
            try:
                return [str(item) for item in json.loads(rest)]
            except ValueError:
                return rest.split()
        return rest.split()

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values that ``ENV`` or ``ARG`` sets; the value of an ``ARG`` without one is empty."""
        if self.word == "ENV" and not re.match(r"\w+=", self.rest):  # ENV NAME the rest of the line
            name, _, value = self.rest.partition(" ")
            return [(name, value.strip())]
        set_ = [(name, _unquoted(value)) for name, value in _PAIR.findall(self.rest)]
        return set_ or [(name, "") for name in self.rest.split()]

    def _split(self) -> tuple[list[tuple[str, str]], str]:
        flags, rest = [], self.rest
        while found := _FLAG.match(rest):
            flags.append((found[1], found[2] or ""))
            rest = rest[found.end() :]
        return flags, rest


@dataclass(frozen=True)
class Stage:
    """One stage of a build.

    Attributes:
        base: What it begins from: an image, or an earlier stage.
        name: What it is called, if anything.
        line: The line of its ``FROM``.
        instructions: What follows it.
        parent: The earlier stage that it begins from, if it is one.
        given: What is set before the first ``FROM``; an ``ARG`` without a value takes it from there.
    """

    base: str
    name: str | None
    line: int
    instructions: list[Instruction] = field(default_factory=list)
    parent: Stage | None = None
    given: Mapping[str, str] = field(default_factory=dict)

    def all(self) -> list[Instruction]:
        """Its instructions after those of the stages that it begins from."""
        return [*(self.parent.all() if self.parent else ()), *self.instructions]

    def variables(self) -> dict[str, str]:
        """The variables that its image has, as far as the file tells."""
        return self._set()[1]

    def build_variables(self) -> dict[str, str]:
        """The variables that its instructions have while it is built, where nobody gives it other arguments."""
        arguments, variables = self._set()
        return {**arguments, **variables}

    def _set(self) -> tuple[dict[str, str], dict[str, str]]:
        """What ``ARG`` sets, and what ``ENV`` does."""
        arguments: dict[str, str] = {}
        variables: dict[str, str] = {}
        for one in (one for one in self.all() if one.word in ("ARG", "ENV")):
            for name, written in one.pairs():
                value = expand(written, {**arguments, **variables})
                if one.word == "ENV":
                    variables[name] = value
                else:
                    arguments[name] = value or self.given.get(name, "")
        return arguments, variables


def read_instructions(text: str) -> Iterator[Instruction]:
    """Go through the instructions of a Dockerfile, without comments; a here-document stays out of them.

    Args:
        text: The content of the file.
    """
    pending, begun = "", 0
    ends: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if ends:
            ends = ends[1:] if line.strip() == ends[0] else ends
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        begun = begun if pending else number
        pending += line.strip()
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        one, pending = _instruction(pending, begun), ""
        ends = _HEREDOC.findall(one.rest) if one.word in ("RUN", "COPY", "ADD") else []
        yield one
    if pending:
        yield _instruction(pending, begun)


def read_stages(text: str) -> list[Stage]:
    """Read a Dockerfile as the stages of a build.

    Args:
        text: The content of the file.

    Returns:
        Its stages, at least one; arguments in the names of their images are filled in with what they are by default.

    Raises:
        DockerfileError: An engine would refuse it.
    """
    stages: list[Stage] = []
    given: dict[str, str] = {}
    for one in read_instructions(text):
        if one.word not in _WORDS:
            raise DockerfileError(f"'{one.word}' is no instruction", one.line)
        if not one.rest:
            raise DockerfileError(f"{one.word} says nothing", one.line)
        if one.word == "FROM":
            stages.append(_stage(one, stages, given))
        elif stages:
            stages[-1].instructions.append(one)
        elif one.word == "ARG":
            given.update((name, expand(value, given)) for name, value in one.pairs())
        else:
            raise DockerfileError(f"{one.word} stands before the first FROM", one.line)
    if not stages:
        raise DockerfileError("it has no FROM", 1)
    return stages


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Fill in variables: ``$NAME``, ``${NAME}``, ``${NAME:-default}``; one that is not known stays as it is."""

    def value(found: re.Match[str]) -> str:
        known = variables.get(found[1] or found[2])
        if found[3] == "+":
            return str(found[4]) if known else ""
        return known or (found[0] if found[4] is None else str(found[4]))

    return _VARIABLE.sub(value, text)


def _instruction(text: str, line: int) -> Instruction:
    word, _, rest = text.partition(" ") if " " in text else text.partition("\t")
    return Instruction(word.upper(), rest.strip(), line)


def _stage(one: Instruction, before: list[Stage], given: Mapping[str, str]) -> Stage:
    words = one.arguments
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):
        raise DockerfileError(f"'{one}' is not FROM image, or FROM image AS name", one.line)
    base = expand(words[0], given)
    name = words[2].lower() if len(words) == 3 else None
    parent = next((stage for stage in before if stage.name == base.lower()), None)
    return Stage(base, name, one.line, parent=parent, given=given)


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in ("'", '"') and value[-1:] == value[:1] else value
