"""Completes the front matter of a README for a Space; what its author wrote stays as it was written. Pure.

The keys are those of https://huggingface.co/docs/hub/spaces-config-reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openenv.project.front_matter import README_NAME, read_front_matter
from openenv.project.manifest import Manifest
from openenv.project.yaml_document import YamlError
from openenv_cli.errors import CommandError
from openenv_cli.naming import Names

if TYPE_CHECKING:
    import yaml

TAG = "openenv"
"""The tag by which environments are found on the Hub."""

_SDK = "docker"
_FENCE = "---"
_BASE_PATH = "/docs"


class FrontMatterError(CommandError):
    """The front matter of the README cannot be read."""


@dataclass(frozen=True)
class Readme:
    """A README as it goes to the Space.

    Attributes:
        text: The whole of it.
        front_matter: What stands at its head, without the fences.
        changes: What was added or changed there, each in a few words.
        app_port: Where the Space is told that the server listens.
    """

    text: str
    front_matter: str
    changes: tuple[str, ...]
    app_port: object


@dataclass(frozen=True)
class _Edit:
    """New text for the characters from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def complete(text: str | None, manifest: Manifest) -> Readme:
    """Complete a README.

    Args:
        text: The README of the project, if it has one.
        manifest: What ``openenv.yaml`` says.

    Returns:
        The README of a Docker Space with a port, a page to show and the tag ``openenv``.

    Raises:
        FrontMatterError: Its front matter has no end, or is no YAML mapping.
    """
    title = Names(manifest.package.replace("_", "-")).title
    if text is None:
        text = "\n".join(["", f"# {title}", *(["", manifest.description] if manifest.description else []), ""])
    newline = "\r\n" if "\r\n" in text else "\n"
    try:
        document = read_front_matter(text)
    except YamlError as error:
        problem = error.problems[0]
        raise FrontMatterError(f"{README_NAME}:{problem}", hint=problem.hint) from None
    if document is None:
        given, head, rest = {}, "", f"{_FENCE}{newline}{'' if text.startswith(newline) else newline}{text}"
    else:
        given, (head, rest) = document.value, _split(text)
    wanted, changes = _wanted(given, title, manifest)
    head = _edited(head, given, wanted, newline)
    return Readme(f"{_FENCE}{newline}{head}{rest}", head.strip(), changes, wanted["app_port"])


def _split(text: str) -> tuple[str, str]:
    """Cut a README into what is between its fences, and what follows from the second one on."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    end = next(number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE)
    return "".join(lines[1:end]), "".join(lines[end:])


def _wanted(given: dict[Any, Any], title: str, manifest: Manifest) -> tuple[dict[Any, Any], tuple[str, ...]]:
    """Say what the front matter shall be, and what of that is new."""
    defaults = {"sdk": _SDK, "app_port": manifest.port, "base_path": _BASE_PATH}
    if not given:
        defaults = {"title": title, **defaults}
    missing = {key: value for key, value in defaults.items() if given.get(key) is None}
    changes = [f"{key}: {value}" for key, value in missing.items()]
    wanted = {**given, **missing}
    if wanted["sdk"] != _SDK:
        changes.append(f"sdk: {_SDK} instead of {wanted['sdk']}")
        wanted["sdk"] = _SDK
    tags = given.get("tags")
    listed = tags if isinstance(tags, list) else [] if tags is None else [tags]
    if TAG not in listed:
        changes.append(f"the tag {TAG}")
        wanted["tags"] = [*listed, TAG]
    return wanted, tuple(changes)


def _edited(head: str, given: dict[Any, Any], wanted: dict[Any, Any], newline: str) -> str:
    """Change as little of the text as makes it say what is wanted."""
    import yaml

    edited = head
    for edit in sorted(_edits(head, given, wanted), key=lambda edit: edit.start, reverse=True):
        edited = edited[: edit.start] + edit.text.replace("\n", newline) + edited[edit.end :]
    try:
        if yaml.safe_load(edited) == wanted:
            return edited
    except yaml.YAMLError:
        pass  # it is laid out in a way that no edit fits into, such as a mapping in braces
    return _dump(wanted).replace("\n", newline)


def _edits(head: str, given: dict[Any, Any], wanted: dict[Any, Any]) -> Iterator[_Edit]:
    import yaml

    root = yaml.compose(head, yaml.SafeLoader)
    nodes = {key.value: value for key, value in root.value} if isinstance(root, yaml.MappingNode) else {}
    new = {key: value for key, value in wanted.items() if key not in given}
    if new:
        end = "" if not head or head.endswith("\n") else "\n"
        yield _Edit(len(head), len(head), end + _dump(new))
    for key in (key for key, value in wanted.items() if key in given and given[key] != value):
        node = nodes[key]
        if key == "tags" and isinstance(node, yaml.SequenceNode):
            yield _one_more(head, node, str(wanted[key][-1]))
            continue
        start, end = node.start_mark.index, node.end_mark.index
        yield _Edit(start, end, ("" if start < end else " ") + _inline(wanted[key]))


def _one_more(head: str, node: yaml.SequenceNode, item: str) -> _Edit:
    """Add an item to a list, in braces or below one another."""
    if node.flow_style:
        end = node.end_mark.index - 1
        comma = ", " if node.value and not head[:end].rstrip().endswith(",") else ""
        return _Edit(end, end, f"{comma}{item}")
    last = node.value[-1].end_mark.index
    line_end = head.find("\n", last)
    where = len(head) if line_end < 0 else line_end + 1
    indent = " " * node.start_mark.column
    return _Edit(where, where, f"{'' if line_end >= 0 else chr(10)}{indent}- {item}\n")


def _inline(value: Any) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _dump(value: dict[Any, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))
