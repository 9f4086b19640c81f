"""What of a project goes to its Space: a clean tree that builds there as it is."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openenv.project.front_matter import README_NAME
from openenv.project.manifest import MANIFEST_NAME
from openenv.project.project import Project, read_text
from openenv_cli.errors import CommandError
from openenv_cli.hub.changes import named
from openenv_cli.hub.front_matter import Readme, complete
from openenv_cli.hub.ignored import HF_IGNORE, Ignored
from openenv_cli.images.build import OUR_WHEELS, find_dockerfile, wheel_for
from openenv_cli.images.context import IGNORE_FILE, Entry, collect
from openenv_cli.images.dockerfile import Dockerfile

DOCKERFILE = "Dockerfile"
"""Where a Space looks for it."""


class StagingError(CommandError):
    """The project cannot be laid out for a Space."""


@dataclass(frozen=True)
class Staged:
    """The files of a Space.

    Attributes:
        entries: Every file, sorted by path.
        readme: The README among them.
        remarks: What its author may want to know about them.
    """

    entries: tuple[Entry, ...]
    readme: Readme
    remarks: tuple[str, ...]


def stage(project: Project, base_image: str | None = None) -> Staged:
    """Lay out a project for a Space; nothing is written anywhere.

    Args:
        project: The project.
        base_image: The image to build on; the Dockerfile's own where left out.

    Returns:
        Its files, less what the ignore files leave out, with the wheel of this very runtime where its Dockerfile
        installs one, the Dockerfile at the top and a README that is complete.

    Raises:
        UsageError: There is no Dockerfile, or it chooses its base image itself.
        FrontMatterError: The README cannot be read.
        StagingError: A file cannot go to the Hub, or one that is needed is left out.
    """
    dockerfile = find_dockerfile(project)
    readme_file = project.root / README_NAME
    readme = complete(read_text(readme_file, newline="") if readme_file.is_file() else None, project.manifest)
    entries = {entry.path: entry for entry in _own(project, dockerfile)}
    remarks = [*_readme_remarks(readme, project), *_executable(entries)]
    if dockerfile.path != DOCKERFILE:
        entries.pop(dockerfile.path)
        remarks.append(f"{dockerfile.path} goes to the top, where a Space looks for it")
    added = {
        MANIFEST_NAME: (project.root / MANIFEST_NAME).read_bytes(),
        README_NAME: readme.text.encode(),
        DOCKERFILE: (dockerfile.text if base_image is None else dockerfile.with_base_image(base_image)).encode(),
        **wheel_for(dockerfile),
    }
    entries.update((path, Entry(path, content)) for path, content in added.items())
    _require_app(project, entries)
    return Staged(tuple(entries[path] for path in sorted(entries)), readme, tuple(remarks))


def _own(project: Project, dockerfile: Dockerfile) -> Iterator[Entry]:
    """Go through the project's files that are not left out; a link inside the project becomes what it points to."""
    ignored = Ignored(project.root)
    for entry in collect(project.root, dockerfile.path, replaced=OUR_WHEELS):
        assert isinstance(entry.source, Path), "nothing was added"
        mode = entry.source.lstat().st_mode
        if stat.S_ISDIR(mode) or (entry.path != dockerfile.path and entry.path in ignored):
            continue
        yield Entry(entry.path, _pointed_to(entry.path, project.root)) if stat.S_ISLNK(mode) else entry


def _pointed_to(path: str, root: Path) -> Path:
    target = (root / path).resolve()
    if target.is_file() and target.is_relative_to(root):
        return target
    what = "a folder" if target.is_dir() else "nothing" if not target.exists() else "a file outside the project"
    hint = f"put a copy in its place, or leave it out: name it in {HF_IGNORE}"
    raise StagingError(f"{path} is a link to {what}, which the Hub cannot hold", hint=hint)


def _readme_remarks(readme: Readme, project: Project) -> Iterator[str]:
    if readme.changes:
        yield f"{README_NAME} there: {', '.join(readme.changes)}"
    port = project.manifest.port
    if readme.app_port != port:
        yield f"{README_NAME} says app_port: {readme.app_port}, and {MANIFEST_NAME} port: {port}: one may be wrong"


def _executable(entries: dict[str, Entry]) -> Iterator[str]:
    """The Hub's interface knows no file modes."""
    marked = [entry.path for entry in entries.values() if entry.header().mode & 0o100]
    if marked:
        yield f"not executable there: {named(marked)}; RUN chmod +x in the Dockerfile makes it so"


def _require_app(project: Project, entries: dict[str, Entry]) -> None:
    """A Space without its server would build, and then not run."""
    file = project.module_file(project.app.partition(":")[0])
    path = file.relative_to(project.root).as_posix() if file and file.is_relative_to(project.root) else None
    if path is not None and path not in entries:
        hint = f"look into {IGNORE_FILE}, .gitignore and {HF_IGNORE}; a line !{path} in the last brings it back"
        raise StagingError(f"{path}, which serves the environment, is left out", hint=hint)
