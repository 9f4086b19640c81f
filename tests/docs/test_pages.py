from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from docs_blocks import LANGUAGES, ROOT, SEEDS, Block, Use, blocks_of, pages, read_blocks
from support.templates import OPTIONS

from openenv.project.manifest import MANIFEST_NAME, parse_manifest
from openenv_cli.scaffold import TEMPLATES

PLAYER = Path(__file__).with_name("docs_player.py")
BLOCKS = {page: blocks_of(page) for page in pages()}
PLAYED = [page for page, blocks in BLOCKS.items() if any(block.use is Use.RUN for block in blocks)]

NOT_RUN = {
    "installs packages: whoever runs these tests has done so": 3,
    "takes minutes": 2,
    "needs an installed environment: the tests of the guides have one": 1,
    "needs a package that these clients do without": 1,
    "needs a language model": 1,
    "shows another library": 1,
    "needs a container engine: make e2e-docker has one": 9,
    "needs a private Space: tests/hub has one": 1,
    "needs curl": 1,
    "needs Node": 1,
    "needs a WebSocket for Node": 1,
}
"""Why a block is not run -> of how many blocks that is true."""

ON_THE_HUB = {"docs/publishing.md", "docs/hub.md"}
"""Pages that are played on a Hub, as the user ``you``."""

SCRIPT_ONLY = {"where an event loop runs, a call without with returns a coroutine": 1}
"""Why a block is not run in an event loop -> likewise."""


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _all_blocks() -> list[Block]:
    return [block for blocks in BLOCKS.values() for block in blocks]


def _play(folder: Path, *played: Path) -> None:
    command = [sys.executable, "-W", "error", *map(str, (PLAYER, *played)), "--in", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")

    assert done.returncode == 0, done.stderr
    # What would be a warning in a test is only written there, because it comes up while objects are destroyed.
    assert "Exception ignored" not in done.stderr, done.stderr
    assert "never" not in done.stderr, done.stderr


@pytest.mark.parametrize("page", PLAYED, ids=_name)
def test_blocks_of_a_page_run_as_scripts_and_in_an_event_loop(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if _name(page) in ON_THE_HUB:
        request.getfixturevalue("hub_of_you")
    _play(tmp_path, *([SEEDS / "stand_ins.md", page] if page.parent == SEEDS else [page]))


@pytest.mark.parametrize("template", TEMPLATES)
def test_blocks_of_a_new_project_s_readme_run(template: str, tmp_path: Path) -> None:
    begin = tmp_path / "begin.md"
    begin.write_text(
        f"```sh\nopenenv init my-env --template {template}{OPTIONS.get(template, '')}\ncd my-env\nopenenv serve\n```\n"
    )

    _play(tmp_path, begin, tmp_path / "my-env" / "README.md")


@pytest.mark.parametrize("block", _all_blocks(), ids=lambda block: f"{block.page}:{block.line}")
def test_a_block_can_be_tested(block: Block) -> None:
    assert block.language in LANGUAGES
    assert not (block.needs_loop and block.needs_no_loop)
    if block.language == "json":
        for line in [block.text] if block.text.startswith("{\n") else block.text.splitlines():
            json.loads(line)
    if block.language == "yaml":
        assert isinstance(yaml.safe_load(block.text), dict)
    if block.note.endswith(MANIFEST_NAME):
        parse_manifest(block.text)


def test_a_block_without_a_language_holds_nothing_to_run() -> None:
    command = re.compile(r"^ *(\$ |openenv |python |pip |make |import |from \w+ import )", re.MULTILINE)

    # The command line's own help is compared with the commands, and tests/cli/ parses its examples.
    drawings = [block for block in _all_blocks() if block.use is Use.DRAWING and block.page != "docs/cli.md"]
    assert [block for block in drawings if command.search(block.text)] == []


def test_blocks_are_left_out_only_for_known_reasons() -> None:
    noted = [block for block in _all_blocks() if block.note]

    assert Counter(block.note for block in noted if block.use is Use.EXCLUDED) == NOT_RUN
    assert Counter(block.note for block in noted if block.use is Use.RUN) == SCRIPT_ONLY


def test_reads_blocks_with_their_comments_and_indentation() -> None:
    text = "\n".join(
        [
            "1. Say:",
            "",
            "    <!-- file: a.py -->",
            "    ```python",
            "    if a:",
            "        b",
            "    ```",
            "",
            "```sh",
            "ls",
            "```",
            "",
            "```text",
            "a.py",
            "```",
            "<!-- not run: a reason -->",
            "```python",
            "await c",
            "```",
        ]
    )

    assert read_blocks(text, "page.md") == [
        Block("page.md", 4, "python", "if a:\n    b", Use.WRITE, "a.py"),
        Block("page.md", 9, "sh", "ls", Use.RUN),
        Block("page.md", 13, "text", "a.py", Use.OUTPUT),
        Block("page.md", 17, "python", "await c", Use.EXCLUDED, "a reason"),
    ]


@pytest.mark.parametrize("text", ["```python\nopen", "<!-- file: a.py -->\n\n```python\n```"])
def test_refuses_a_page_whose_blocks_are_not_clear(text: str) -> None:
    with pytest.raises(ValueError, match=r"page\.md:1"):
        read_blocks(text, "page.md")
