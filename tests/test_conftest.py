from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULES = {
    "test_passing.py": "def test_it():\n    pass\n",
    "test_function.py": "import pytest\ndef test_it():\n    pytest.skip('no engine')\n",
    "test_mark.py": "import pytest\n@pytest.mark.skip(reason='no engine')\ndef test_it():\n    pass\n",
    "test_module.py": "import pytest\npytest.skip('no engine', allow_module_level=True)\n",
}


@pytest.mark.parametrize(
    ("ci", "code", "said"),
    [("", 0, "1 passed, 3 skipped"), ("true", 1, "1 failed, 1 passed, 2 errors")],
)
def test_what_is_skipped_fails_in_ci(tmp_path, ci, code, said):
    modules = {**MODULES, "conftest.py": Path(__file__).with_name("conftest.py").read_text()}
    for name, text in modules.items():
        (tmp_path / name).write_text(text)
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--continue-on-collection-errors"]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "CI": ci}, capture_output=True, text=True)

    assert said in done.stdout
    assert (done.returncode, done.stdout.count("skipped in CI:") > 0) == (code, bool(ci))
