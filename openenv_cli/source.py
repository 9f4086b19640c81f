"""Python source of expressions, laid out in lines as formatters do."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

WIDTH = 120
_STEP = 4


@dataclass(frozen=True)
class Group:
    """An expression with brackets.

    Attributes:
        opening: Everything up to the opening bracket, for example ``Field(``.
        items: What stands between the brackets.
        closing: The closing bracket.
    """

    opening: str
    items: tuple[Source, ...]
    closing: str


@dataclass(frozen=True)
class Union:
    """Types of which one is meant.

    Attributes:
        items: The types.
    """

    items: tuple[Source, ...]


Source = str | Group | Union


def group(opening: str, items: Iterable[Source]) -> Group:
    """Put items between the bracket that ``opening`` ends with and its counterpart."""
    return Group(opening, tuple(items), {"(": ")", "[": "]", "{": "}"}[opening[-1]])


def labelled(label: str, source: Source) -> Source:
    """Put a key or a keyword in front of an expression."""
    if isinstance(source, Group):
        return replace(source, opening=label + source.opening)
    return label + on_one_line(source)


def literal(value: Any) -> Source:
    """Write a value of JSON as Python does."""
    if isinstance(value, dict):
        return group("{", [labelled(f"{text(key)}: ", literal(item)) for key, item in value.items()])
    if isinstance(value, list):
        return group("[", map(literal, value))
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return text(value) if isinstance(value, str) else repr(value).replace("e+", "e")


def text(value: str) -> str:
    """Write a text in the quotes that need fewer escapes, double ones where both do."""
    quote = '"' if value.count('"') <= value.count("'") else "'"
    return quote + printable(value.replace("\\", "\\\\")).replace(quote, f"\\{quote}") + quote


def printable(value: str) -> str:
    """Write what cannot be seen, or changes how other text is seen, as an escape sequence."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in value)


def on_one_line(source: Source) -> str:
    """Write an expression without line breaks."""
    if isinstance(source, str):
        return source
    if isinstance(source, Union):
        return " | ".join(map(on_one_line, source.items))
    return source.opening + ", ".join(map(on_one_line, source.items)) + source.closing


def columns(line: str) -> int:
    """Count the places that a line takes: those of Chinese, for example, are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def laid_out(source: Source, indent: int, before: str = "", after: str = "", width: int = WIDTH) -> str:
    """Write an expression on one line where it fits, else with each item on a line of its own.

    Args:
        source: The expression.
        indent: How far its line is indented.
        before: What stands on the line in front of it.
        after: What follows the expression on its last line.
        width: How long a line may be.

    Returns:
        The text, without the first line's indentation.
    """
    line = before + on_one_line(source) + after
    if isinstance(source, str) or not source.items or indent + columns(line) <= width:
        return line
    if isinstance(source, Union):
        first, *others = source.items
        lines = [laid_out(first, indent, before, width=width)]
        lines += [" " * indent + laid_out(item, indent, "| ", width=width) for item in others]
        return "\n".join(lines) + after
    # A comma behind the only type in brackets would make a tuple of it.
    last = "" if source.opening.endswith("[") and source.opening != "[" and len(source.items) == 1 else ","
    inner = indent + _STEP
    items = [laid_out(item, inner, after=",", width=width) for item in source.items[:-1]]
    items.append(laid_out(source.items[-1], inner, after=last, width=width))
    lines = [
        f"{before}{source.opening}",
        *(" " * inner + item for item in items),
        " " * indent + source.closing + after,
    ]
    return "\n".join(lines)
