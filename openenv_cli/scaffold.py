"""Makes a project from a template. Usable without the command line: ``write(plan(names_for("my-env")))``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from openenv.version import DISTRIBUTION
from openenv_cli.errors import CommandError, UsageError
from openenv_cli.naming import Names

if TYPE_CHECKING:
    from jinja2 import Environment

TREES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Template:
    """A kind of project.

    Attributes:
        name: What it is called, and its folder below ``templates/``.
        version: Counted up whenever what it makes changes; kept in each project.
        summary: What an agent does in the environment that it makes.
        emoji: Stands on the card of its Space.
        dependencies: The packages that it needs.
        answers: What it was filled in with beside the name; kept in each project.
        parts: Texts that its files are filled in with beside the names.
    """

    name: str
    version: int
    summary: str
    emoji: str
    dependencies: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)


TEMPLATES = {
    template.name: template
    for template in (
        Template("echo", 2, "Says back what it is told.", "🔁"),
        Template("game", 2, "Find the treasure on a board, before the moves run out.", "🧭"),
        Template("gymnasium", 2, "Play an environment of Gymnasium, named by --env-id.", "🏋️"),
    )
}


class TargetError(CommandError):
    """The folder cannot take the project."""


def template_named(name: str) -> Template:
    """Find a template.

    Args:
        name: What it is called.

    Returns:
        The template.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in TEMPLATES:
        raise UsageError(f"there is no template '{name}'", hint=f"templates: {', '.join(TEMPLATES)}")
    return TEMPLATES[name]


@dataclass(frozen=True)
class Plan:
    """A project that could be written.

    Attributes:
        names: What it and its classes are called.
        template: What it is made from.
        target: Its folder.
        files: The path of each file below the folder, with ``/``, and its text; sorted.
    """

    names: Names
    template: Template
    target: Path
    files: dict[str, str]

    @property
    def replaced(self) -> list[str]:
        """The files that stand there already and would be written anew."""
        return [path for path in self.files if _stands(self.target / path)]


def render(names: Names, template: Template) -> dict[str, str]:
    """Fill in a template: pure, and the same for the same names.

    Args:
        names: What the project and its classes are called.
        template: The template.

    Returns:
        The path of each file, with ``/``, and its text; sorted by path.
    """
    jinja = _jinja()
    answers = {"names": names, "template": template, "runtime": DISTRIBUTION.replace("-", "_")}
    files = {}
    for tree in ("_base", template.name):
        for source in (TREES / tree).rglob("*.jinja"):
            path = source.relative_to(TREES / tree).as_posix().removesuffix(".jinja")
            text = jinja.get_template(source.relative_to(TREES).as_posix()).render(answers)
            files[jinja.from_string(path).render(answers)] = text
    return dict(sorted(files.items()))


def plan(names: Names, template: Template, target: Path | None = None, *, force: bool = False) -> Plan:
    """Say what would be written where. Touches nothing.

    Args:
        names: What the project and its classes are called.
        template: The template.
        target: The folder to make; the environment's name, here, where left out.
        force: Whether a folder that holds something already will do.

    Returns:
        The plan, for ``write``.

    Raises:
        TargetError: The folder holds something already, or is none, or cannot be read.
    """
    target = target or Path(names.name)
    try:
        _check_target(target, force)
        files = render(names, template)
        for path in files:
            _check_folder((target / path).parent)
            if (target / path).is_dir():
                raise TargetError(f"{target / path} is a folder, where a file would be written")
    except OSError as error:
        raise _refused(target, error) from error
    return Plan(names, template, target, files)


def _check_target(target: Path, force: bool) -> None:
    _check_folder(target)
    if target.exists() and any(target.iterdir()) and not force:
        raise TargetError(
            f"the folder {target} is not empty", hint="--force writes the project's files there and keeps all others"
        )


def _check_folder(folder: Path) -> None:
    """See that a folder is one, or could be made."""
    standing = next(path for path in (folder, *folder.parents) if _stands(path))
    if not standing.is_dir():
        what = "a file" if standing.exists() else "a link to nothing"
        raise TargetError(f"{standing} is {what}, where a folder is needed", hint="--path names the folder to make")


def _refused(target: Path, error: OSError) -> TargetError:
    """Say what the system has refused, without the names of files that nobody has asked for."""
    return TargetError(f"cannot write to {target}: {error.strerror or error}", hint="--path names another folder")


def _stands(path: Path) -> bool:
    """Whether anything has that name, a link to nothing included."""
    return os.path.lexists(path)


def write(plan: Plan) -> None:
    """Write a project: all of it, or on any failure or interruption nothing at all.

    Args:
        plan: What to write. Files that stand there already are replaced, none is deleted.

    Raises:
        TargetError: The folder cannot be written.
    """
    try:
        _write(plan)
    except OSError as error:
        raise _refused(plan.target, error) from error


def _write(plan: Plan) -> None:
    exists = plan.target.exists()
    beside = plan.target if exists else plan.target.parent
    with ExitStack() as folders:
        _make_folder(beside, folders)
        with tempfile.TemporaryDirectory(prefix=".openenv-init-", dir=beside) as workshop, ExitStack() as moves:
            draft = Path(workshop, "draft")
            for path, text in plan.files.items():
                (draft / path).parent.mkdir(parents=True, exist_ok=True)
                (draft / path).write_text(text, encoding="utf-8", newline="\n")
            if exists:
                _merge(plan, draft, Path(workshop, "replaced"), moves)
            else:
                draft.rename(plan.target)
            moves.pop_all()
        folders.pop_all()


def _merge(plan: Plan, draft: Path, replaced: Path, undo: ExitStack) -> None:
    """Move each file to its place, and what stood there into ``replaced``."""
    for path in plan.files:
        place, new, old = plan.target / path, draft / path, replaced / path
        _make_folder(place.parent, undo)
        old.parent.mkdir(parents=True, exist_ok=True)
        undo.callback(_put_back, place, new, old)
        if _stands(place):
            place.rename(old)
        new.rename(place)


def _put_back(place: Path, new: Path, old: Path) -> None:
    if not new.exists():
        place.unlink(missing_ok=True)
    if _stands(old):
        old.rename(place)


def _make_folder(folder: Path, undo: ExitStack) -> None:
    if not folder.exists():
        _make_folder(folder.parent, undo)
        folder.mkdir()
        undo.callback(folder.rmdir)


def _jinja() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TREES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
