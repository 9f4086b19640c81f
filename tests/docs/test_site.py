from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

from docs_blocks import ROOT


def test_the_site_builds_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")

    assert done.returncode == 0, done.stderr
    for page in (tmp_path / "site").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text, page
        assert 'rel="stylesheet" href="http' not in text, page


def test_the_command_line_reference_is_current() -> None:
    module = runpy.run_path(str(ROOT / "scripts" / "cli_reference.py"))

    written = module["PAGE"].read_text(encoding="utf-8")
    assert written == module["reference"](), "run: python scripts/cli_reference.py"
