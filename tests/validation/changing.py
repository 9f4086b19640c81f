"""Changes of a project, as the corpus of planted defects makes them."""

from __future__ import annotations

from pathlib import Path


def replace(file: Path, old: str, new: str) -> None:
    """Put other text in the place of some that is in a file."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(file: Path, text: str) -> None:
    """Add text at the end of a file; makes it, and its folder, where there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text)
