"""What a push would do, told without asking anybody. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from openenv_cli.hub.push import Order
from openenv_cli.images.context import Entry

_KILOBYTE = 1_000


def calls(order: Order) -> Iterator[str]:
    """Say what the Hub would be asked to do.

    Args:
        order: What is to be pushed.

    Yields:
        One line for each step, in their order.
    """
    settings = str(order.settings)
    yield "tell who you are"
    yield "tell what is there: what is the same is not sent again"
    if not order.create_pr:
        yield f"make the Space where it is not there yet{settings and f': {settings}'}"
    if settings:
        yield f"set one that is there: {settings}"
    what = "open a pull request with" if order.create_pr else "take"
    yield f"{what} a commit of {len(order.staged.entries)} files, without all others: {order.message}"
    if order.wait and not order.create_pr:
        yield "tell how its build goes, until it runs; then it is validated"


def as_json(order: Order) -> dict[str, Any]:
    """Lay out what would be done as JSON values.

    Args:
        order: What is to be pushed.

    Returns:
        The values.
    """
    return {
        "dry_run": True,
        "repo_id": _repo_id(order),
        "files": listed(order.staged.entries),
        "front_matter": order.staged.readme.front_matter,
        "remarks": list(order.staged.remarks),
        "calls": list(calls(order)),
    }


def as_lines(order: Order) -> Iterator[str]:
    """Lay it out for people.

    Args:
        order: What is to be pushed.

    Yields:
        The lines.
    """
    yield f"would push to {_repo_id(order)}:"
    yield from listed_lines(order.staged.entries)
    yield "README.md begins with:"
    yield from (f"  {line}" for line in order.staged.readme.front_matter.splitlines())
    yield "the Hub would be asked to:"
    yield from (f"  {number}. {call}" for number, call in enumerate(calls(order), 1))


def listed(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """List files as JSON values: their paths and sizes."""
    return [{"path": entry.path, "size": entry.header().size} for entry in entries]


def listed_lines(entries: Sequence[Entry]) -> Iterator[str]:
    """List files for people: their sizes and paths, and the sum."""
    sizes = [entry.header().size for entry in entries]
    for entry, size in zip(entries, sizes, strict=True):
        yield f"  {size / _KILOBYTE:>9.1f} kB  {entry.path}"
    yield f"  {sum(sizes) / _KILOBYTE:>9.1f} kB  in {len(sizes)} files"


def _repo_id(order: Order) -> str:
    return f"{order.owner or 'YOU'}/{order.name}"
