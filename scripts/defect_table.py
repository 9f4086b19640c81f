"""Write the table of planted defects into ``docs/validation.md``: ``python scripts/defect_table.py``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation.md"
BEGIN, END = "<!-- begin defects -->", "<!-- end defects -->"


def table() -> str:
    """List the corpus, by check.

    Returns:
        The table as Markdown.
    """
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "validation")]
    corpus = import_module("corpus").corpus()
    lines = ["| found by | what is wrong | fails as well |", "|---|---|---|"]
    for defect in sorted(corpus, key=lambda one: (one.found_by, one.name)):
        also = "; ".join(f"{id_}: {why}" for id_, why in defect.also.items())
        lines.append(f"| {defect.found_by} | {defect.what} | {also} |")
    return "\n".join(lines)


def with_table(page: str) -> str:
    """Put the table between its two marks.

    Args:
        page: The page as it is.

    Returns:
        The page as it should be.
    """
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
