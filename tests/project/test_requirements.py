"""What a project needs, as an image asks for it before it has the project's code."""

from __future__ import annotations

import subprocess
import sys

import pytest


def printed(folder, text, *options):
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "openenv.project.requirements", str(folder / "pyproject.toml"), *options]
    return subprocess.run(command, capture_output=True, text=True)


FULL = """\
[build-system]
requires = ["hatchling>=1.26", "hatch-vcs"]
[project]
name = "a"
dependencies = ["numpy>=2; python_version >= '3.11'", "chess"]
"""


@pytest.mark.parametrize(
    ("options", "lines"),
    [((), "numpy>=2; python_version >= '3.11'\nchess\n"), (("--build",), "hatchling>=1.26\nhatch-vcs\n")],
)
def test_requirements_are_printed_as_pip_reads_them(tmp_path, options, lines):
    assert printed(tmp_path, FULL, *options).stdout == lines


@pytest.mark.parametrize(("options", "lines"), [((), ""), (("--build",), "setuptools\n")])
def test_what_is_not_said_is_what_the_standard_says(tmp_path, options, lines):
    assert printed(tmp_path, '[project]\nname = "a"\n', *options).stdout == lines


def test_a_broken_file_fails_with_its_place_and_no_traceback(tmp_path):
    ran = printed(tmp_path, "[project\n")

    assert ran.returncode == 1
    assert ran.stderr.startswith("error: pyproject.toml:1: not TOML")
    assert "Traceback" not in ran.stderr
