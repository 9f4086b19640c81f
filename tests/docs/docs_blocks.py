"""Code blocks of Markdown pages: what stands in them, and what is to be done with each.

A block is what stands between two fences. Its language says how it is tested:

* ``python`` and ``sh`` are run, in the order of the page.
* ``text`` right after one of them is what it prints; ``…`` stands for anything.
* ``json`` and ``yaml`` must parse. A block without a language is a drawing.

An HTML comment on the line before the fence says otherwise: ``<!-- file: NAME -->`` writes the block to
a file, ``<!-- not run: REASON -->`` leaves it alone, ``<!-- script only: REASON -->`` does not run it in an
event loop.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEEDS = Path(__file__).with_name("seeds")
LANGUAGES = {"python", "sh", "js", "text", "json", "yaml", ""}

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>[\w-]*)(?P<rest>.*)$")
_COMMENT = re.compile(r"^ *<!-- (?P<key>file|not run|script only): (?P<value>.+) -->$")


class Use(Enum):
    """What is done with a block."""

    RUN = auto()
    OUTPUT = auto()
    WRITE = auto()
    PARSE = auto()
    DRAWING = auto()
    EXCLUDED = auto()


_SAID = {"file": Use.WRITE, "not run": Use.EXCLUDED}


@dataclass(frozen=True)
class Block:
    """One code block.

    Attributes:
        page: The page it stands on, below the root.
        line: The line of its opening fence, from 1.
        language: What its fence says.
        text: What stands in it, without the page's indentation.
        use: What is done with it.
        note: The file to write it to, or why it is not run, or not everywhere.
    """

    page: str
    line: int
    language: str
    text: str
    use: Use
    note: str = ""

    @property
    def first_line(self) -> str:
        """Its first line, to name it by."""
        return self.text.split("\n", 1)[0]

    @property
    def needs_loop(self) -> bool:
        """Whether it awaits at its top level, as cells of a notebook do."""
        return self.language == "python" and not _is_script(self.text)

    @property
    def needs_no_loop(self) -> bool:
        """Whether it brings its own event loop, or says that it is a script."""
        return self.language == "python" and ("asyncio.run(" in self.text or bool(self.note))


def pages() -> list[Path]:
    """All pages with blocks: the README, the guides, and the examples of others that have to work."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted(SEEDS.glob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    """Find the blocks of a page, in order."""
    name = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
    return read_blocks(page.read_text(encoding="utf-8"), name.as_posix())


def read_blocks(text: str, page: str) -> list[Block]:
    """Find the blocks in the text of a page.

    Args:
        text: The page as Markdown.
        page: Its name.

    Returns:
        The blocks, in order.

    Raises:
        ValueError: A block is not closed, or a comment stands before no block.
    """
    lines = text.splitlines()
    found: list[Block] = []
    number = 0
    while number < len(lines):
        comment, opening = _COMMENT.match(lines[number]), _FENCE.match(lines[number])
        if comment and not (number + 1 < len(lines) and _FENCE.match(lines[number + 1])):
            raise ValueError(f"{page}:{number + 1}: no block follows this comment")
        if not opening:
            number += 1
            continue
        end = _closing(lines, number, opening, page)
        indent = len(opening["indent"])
        body = "\n".join(line[indent:] for line in lines[number + 1 : end])
        before = _COMMENT.match(lines[number - 1]) if number else None
        found.append(_block(page, number + 1, opening["language"], body, before, found))
        number = end + 1
    return found


def _closing(lines: list[str], start: int, opening: re.Match[str], page: str) -> int:
    for number in range(start + 1, len(lines)):
        closing = _FENCE.match(lines[number])
        if closing and closing["fence"].startswith(opening["fence"]) and not closing["language"] + closing["rest"]:
            return number
    raise ValueError(f"{page}:{start + 1}: this block is not closed")


def _block(page: str, line: int, language: str, text: str, comment: re.Match[str] | None, before: list[Block]) -> Block:
    use, note = _default_use(language, before), ""
    if comment is not None:
        use, note = _SAID.get(comment["key"], use), comment["value"]
    return Block(page, line, language, text, use, note)


def _default_use(language: str, before: list[Block]) -> Use:
    if language in ("python", "sh"):
        return Use.RUN
    if language == "text" and before and before[-1].use is Use.RUN:
        return Use.OUTPUT
    return Use.PARSE if language in ("json", "yaml") else Use.DRAWING


def _is_script(text: str) -> bool:
    try:
        compile(text, "<block>", "exec")
    except SyntaxError:
        compile(text, "<block>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return False
    return True
