"""The guide to validation lists the checks as they are."""

from __future__ import annotations

from pathlib import Path

from openenv.validation.check import FAMILIES, registered
from scripts.defect_table import with_table

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"


def table() -> str:
    lines = []
    for family, title in FAMILIES.items():
        lines += [f"### {title}", "", "| id | weighs | passes when | to mend it |", "|---|---|---|---|"]
        for one in registered().values():
            if one.family == family:
                lines.append(f"| {one.id} | {one.severity.value} | {one.title} | {one.mend} |")
        lines.append("")
    return "\n".join(lines)


def test_the_page_lists_every_check_as_it_is() -> None:
    listed = PAGE.read_text(encoding="utf-8").partition("## The checks\n\n")[2]
    assert listed.strip() == table().strip(), f"docs/validation.md should end with:\n\n{table()}"


def test_the_page_lists_every_planted_defect_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_table(page), "run python scripts/defect_table.py"
