"""A YAML text with the place of every key and value in it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

Path = tuple[Any, ...]
"""The keys and indexes that lead from the top of a document to a value."""


@dataclass(frozen=True)
class Position:
    """A place in a text; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a text.

    Attributes:
        line: Where, counted from 1.
        column: Where in the line, counted from 1.
        message: What is wrong.
        hint: How to mend it.
    """

    line: int
    column: int
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.message}"


class YamlError(ValueError):
    """The text is not one YAML document that can be read.

    Args:
        problems: What is wrong, in the order of the text.
    """

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass
class YamlDocument:
    """What a YAML text says, and where it says it.

    Attributes:
        value: The document as plain Python values.
        keys: Where each key of a mapping stands, by the path of its value.
        values: Where each value begins.
        raw: The text of each scalar as it was written.
    """

    value: Any
    keys: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)
    raw: dict[Path, str] = field(default_factory=dict)

    def place(self, path: Path, *, key: bool = False) -> Position:
        """Find a value in the text.

        Args:
            path: The path of the value.
            key: Point at its key rather than at the value.

        Returns:
            Its position, or that of the nearest value around it.
        """
        for length in range(len(path), -1, -1):
            found = (self.keys if key else self.values).get(path[:length])
            if found is not None:
                return found
        return Position(1, 1)


def read_yaml(text: str) -> YamlDocument:
    """Read one YAML document with the safe loader.

    Args:
        text: The document.

    Returns:
        Its value and the place of everything in it; the value of an empty text is ``None``.

    Raises:
        YamlError: The text is broken, holds several documents, or repeats a key.
    """
    import yaml

    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return YamlDocument(None)
        document, nodes = _located(root)
        _construct(nodes)
        document.value = loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        raise YamlError([_marked(error)]) from None
    except yaml.reader.ReaderError as error:
        raise YamlError([_unreadable(text, error.position)]) from None
    except RecursionError:
        raise YamlError([Problem(1, 1, "the YAML is nested too deeply")]) from None
    return document


def _construct(nodes: list[yaml.ScalarNode]) -> None:
    """Read each scalar alone: one that looks like a date but is none (2024-13-45) is a bare ValueError."""
    import yaml

    constructor = yaml.constructor.SafeConstructor()
    for node in nodes:
        try:
            constructor.construct_object(node)
        except ValueError as error:
            place = _position(node.start_mark)
            wrong = f"'{node.value}' cannot be read: {error}"
            raise YamlError([Problem(place.line, place.column, wrong, "write it in quotes")]) from None


def _located(root: yaml.Node) -> tuple[YamlDocument, list[yaml.ScalarNode]]:
    """Note where everything stands; each node once, since aliases can make a text refer to itself."""
    import yaml

    document, scalars, repeated = YamlDocument(None), list[yaml.ScalarNode](), list[Problem]()
    seen, waiting = set[int](), list[tuple[Path, yaml.Node]]([((), root)])
    while waiting:
        path, node = waiting.pop()
        document.values[path] = _position(node.start_mark)
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            document.raw[path] = node.value
            scalars.append(node)
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*path, index), item) for index, item in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner, place = (*path, _key(key)), _position(key.start_mark)
                if inner in document.keys:
                    repeated.append(_repeated(inner[-1], place, document.keys[inner]))
                else:
                    document.keys[inner] = place
                waiting.append((inner, value))
    if repeated:
        raise YamlError(sorted(repeated, key=lambda problem: problem.line))
    return document, scalars


def _key(node: yaml.Node) -> Hashable:
    # What is not a scalar cannot be a key of a Python dict; the loader refuses it with its own message.
    return node.value if isinstance(node.value, str) else id(node)


def _repeated(key: Hashable, place: Position, first: Position) -> Problem:
    message = f"the key '{key}' is there twice, first in line {first.line}"
    return Problem(place.line, place.column, message, "keep one of them")


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


def _marked(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Position(1, 1) if mark is None else _position(mark)
    what = " ".join(part for part in (error.context, error.problem) if part)
    tab = "found character '\\t'" in (error.problem or "")
    return Problem(place.line, place.column, f"not YAML: {what}", "indent with spaces, not tabs" if tab else None)


def _unreadable(text: str, index: int) -> Problem:
    line, column = text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
    return Problem(line, column, f"the character {text[index]!r} is not allowed in YAML", "remove it")
