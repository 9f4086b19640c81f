"""Fields of classes of pydantic's, as Python source."""

from __future__ import annotations

from typing import NamedTuple

from openenv_cli.source import WIDTH, Group, Source, Union, columns, group, laid_out, on_one_line

_INDENT = 4


class Typed(NamedTuple):
    """The type of a field.

    Attributes:
        source: The type itself.
        limits: The arguments of ``Field`` that say more of it.
    """

    source: Source
    limits: tuple[Source, ...] = ()

    @property
    def annotated(self) -> Source:
        """The type and its limits in one."""
        return group("Annotated[", [self.source, group("Field(", self.limits)]) if self.limits else self.source


def field_line(name: str, kind: Source, value: Source | None = None, width: int = WIDTH) -> str:
    """Write a field.

    Args:
        name: Its name.
        kind: Its type.
        value: What stands behind ``=``, if anything does.
        width: How long a line may be.

    Returns:
        Its lines, indented as in a class.
    """
    before, indent = f"{name}: ", " " * _INDENT
    if value is None:
        return indent + _type(kind, before, "", width)
    begins = f" = {value.opening}" if isinstance(value, Group) else f" = {on_one_line(value)}"
    line = before + on_one_line(kind)
    if _INDENT + columns(line + begins) <= width:
        return indent + laid_out(value, _INDENT, f"{line} = ", width=width)
    if _INDENT + columns(f"{line} = (") <= width:
        return f"{indent}{line} = (\n{2 * indent}{laid_out(value, 2 * _INDENT, width=width)}\n{indent})"
    return indent + _type(kind, before, laid_out(value, _INDENT, "] = ", width=width)[1:], width)


def _type(kind: Source, before: str, after: str, width: int) -> str:
    """Lay a type out; alternatives that do not fit on a line stand in brackets of their own."""
    if not isinstance(kind, Union) or _INDENT + columns(before + on_one_line(kind) + after) <= width:
        return laid_out(kind, _INDENT, before, after, width)
    inner = laid_out(kind, 2 * _INDENT, width=width)
    return f"{before}(\n{' ' * 2 * _INDENT}{inner}\n{' ' * _INDENT}){after}"
