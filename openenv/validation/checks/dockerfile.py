"""S014 and S016 - S019: the Dockerfile, read and never built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from openenv.errors import ConfigurationError
from openenv.project.dockerfile import DockerfileError, Instruction, expand, read_stages
from openenv.project.project import read_text
from openenv.validation.check import Finding, Severity, Stage, check
from openenv.validation.files.sources import Sources

_IGNORE_FILE = ".dockerignore"
_WHEELS = "wheels"  # openenv build puts them there
_UNKNOWN = re.compile(r"[$*?\[]|://|<<")
"""What a source of COPY may hold that only a build resolves."""

_SECRET = re.compile(
    r"(?:^|_)(?:(?:API|ACCESS|AUTH|PRIVATE|SECRET|SIGNING)_?KEY|TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIALS?)(?:$|_(?!FILE))"
)
_NO_SECRET = re.compile(r"\d*\.?\d*|true|false|yes|no|none|[$/].*", re.IGNORECASE)
"""Values that hide nothing: numbers, switches, other variables and paths."""

_KEPT_OUT = {".env": "secrets", ".git/config": "the history", ".venv/pyvenv.cfg": "a virtual environment"}
"""Files that projects have beside their own -> what they would put into the image."""


@check(
    "S014",
    "The Dockerfile can be built as far as reading tells",
    stage=Stage.SOURCES,
    needs=("S004", "S005"),
    mend="correct the instruction",
)
def dockerfile_is_one(sources: Sources) -> Iterator[Finding]:
    """Its instructions exist, and so does what it copies."""
    path = sources.dockerfile
    name = sources.name(path)
    try:
        stages = read_stages(read_text(path))
    except DockerfileError as error:
        yield Finding(str(error), f"{name}:{error.line}")
        return
    except ConfigurationError as error:
        yield Finding(error.message, name, error.hint)
        return
    known = [stage.name for stage in stages if stage.name]
    ignored = _ignored_by(sources)
    for one in (one for stage in stages for one in stage.instructions if one.word in ("COPY", "ADD")):
        origin = one.flags.get("from", "")
        if origin and not re.search(r"[$/:.]|^\d+$", origin) and origin.lower() not in known:
            yield Finding(f"{one} copies from a stage that does not exist", f"{name}:{one.line}")
        for source in _copied(one):
            if not (sources.root / source).exists():
                yield Finding(f"{one.word} copies {source}, which does not exist", f"{name}:{one.line}")
            elif (sources.root / source).is_file() and ignored(source):
                message = f"{one.word} copies {source}, which {_IGNORE_FILE} leaves out"
                yield Finding(message, f"{name}:{one.line}", f"add to {_IGNORE_FILE}: !{source}")


def _copied(one: Instruction) -> list[str]:
    """The files of the project that an instruction copies, as far as reading tells."""
    if "from" in one.flags:
        return []
    sources = [source.lstrip("/") or "." for source in one.arguments[:-1]]
    sources = [source.removeprefix("./") or "." for source in sources]
    return [source for source in sources if not _UNKNOWN.search(source) and source.rstrip("/") != _WHEELS]


@check(
    "S016",
    "The image runs as a normal user",
    stage=Stage.SOURCES,
    severity=Severity.WARNING,
    needs=("S014",),
    mend="make a user and switch to it: RUN useradd --uid 1000 user, and below it USER user",
)
def user_is_normal(sources: Sources) -> Iterator[Finding]:
    """Whoever breaks out of the environment is not root at once; Spaces run nothing as root."""
    name = sources.name(sources.dockerfile)
    stage = sources.stages[-1]
    users = [one for one in stage.all() if one.word == "USER"]
    if not users:
        yield Finding("it names no USER: it runs as root, unless the base image says otherwise", name)
    elif expand(users[-1].rest, stage.build_variables()).partition(":")[0] in ("root", "0"):
        yield Finding("it runs as root", f"{name}:{users[-1].line}")


@check(
    "S017",
    "The image builds on a fixed version",
    stage=Stage.SOURCES,
    severity=Severity.WARNING,
    needs=("S014",),
    mend="name a version of the base image, as in FROM python:3.12-slim",
)
def base_is_fixed(sources: Sources) -> Iterator[Finding]:
    """What ``latest`` is changes from day to day."""
    name = sources.name(sources.dockerfile)
    for stage in sources.stages:
        image, _, tag = stage.base.rpartition("/")[2].partition(":")
        fixed = "@" in stage.base or (tag and tag != "latest")
        if stage.parent is None and not fixed and image != "scratch" and "$" not in stage.base:
            yield Finding(f"it builds on {stage.base}, whichever that is today", f"{name}:{stage.line}")


@check(
    "S018",
    "The Dockerfile keeps no secrets",
    stage=Stage.SOURCES,
    needs=("S014",),
    mend="give it to the running container (docker run -e, a secret of the Space), and change it if it was real",
)
def no_secrets_are_built_in(sources: Sources) -> Iterator[Finding]:
    """Whoever pulls the image can read its ENV, and its ARG in the history."""
    name = sources.name(sources.dockerfile)
    for one in (one for stage in sources.stages for one in stage.instructions if one.word in ("ENV", "ARG")):
        for variable, value in one.pairs():
            if _SECRET.search(variable.upper()) and (one.word == "ARG" or not _NO_SECRET.fullmatch(value)):
                yield Finding(f"{one.word} {variable} can be read by whoever has the image", f"{name}:{one.line}")


@check(
    "S019",
    "The image gets the project's own files only",
    stage=Stage.SOURCES,
    severity=Severity.WARNING,
    needs=("S014",),
    mend="add a .dockerignore with .env, .git and .venv, a line each",
)
def context_is_clean(sources: Sources) -> Iterator[Finding]:
    """Where the whole folder is copied, ``.dockerignore`` leaves out what is not part of the environment."""
    copies = [one for stage in sources.stages for one in stage.instructions if _copies_all(one)]
    if not copies:
        return
    ignored = _ignored_by(sources)
    shipped = [f"{what} ({path.split('/')[0]})" for path, what in _KEPT_OUT.items() if not ignored(path)]
    if shipped:
        where = f"{sources.name(sources.dockerfile)}:{copies[0].line}"
        yield Finding(f"'{copies[0]}' would copy {', '.join(shipped)} too", where)


def _copies_all(one: Instruction) -> bool:
    return one.word in ("COPY", "ADD") and any(source.rstrip("/") in ("", ".") for source in _copied(one))


def _ignored_by(sources: Sources) -> Callable[[str], bool]:
    """Tell of a path in the project, with ``/``, whether ``.dockerignore`` leaves it out."""
    from docker.utils.build import PatternMatcher

    path = sources.root / _IGNORE_FILE
    lines = read_text(path).splitlines() if path.is_file() else []
    matcher: Any = PatternMatcher([line.strip() for line in lines if line.strip() and not line.startswith("#")])
    return lambda path: bool(matcher.matches(path))
