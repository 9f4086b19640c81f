"""The wheel of the runtime, made from what is installed here."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from email.parser import Parser
from pathlib import Path

import pytest

import openenv
from openenv.version import DISTRIBUTION, VERSION
from openenv_cli.errors import MissingError
from openenv_cli.images import wheel
from openenv_cli.images.wheel import runtime_wheel

PACKAGE = Path(openenv.__file__).parent
PREFIX = f"{DISTRIBUTION.replace('-', '_')}-{VERSION}"


@pytest.fixture(scope="module")
def made():
    return runtime_wheel()


@pytest.fixture(scope="module")
def files(made):
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_holds_the_installed_packages_templates_included_and_nothing_compiled(made, files):
    assert made.name == f"{PREFIX}-py3-none-any.whl"
    assert files["openenv/types.py"] == (PACKAGE / "types.py").read_bytes()
    assert "openenv/py.typed" in files
    assert "openenv_cli/templates/_base/.dockerignore.jinja" in files
    assert not [name for name in files if name.endswith(".pyc")]


def test_it_says_what_it_needs_and_what_its_command_is(files):
    metadata = Parser().parsestr(files[f"{PREFIX}.dist-info/METADATA"].decode())

    assert metadata["Name"] == DISTRIBUTION
    assert any(one.startswith("pydantic") for one in metadata.get_all("Requires-Dist"))
    assert b"[console_scripts]\nopenenv = openenv_cli." in files[f"{PREFIX}.dist-info/entry_points.txt"]


def test_its_record_is_true(files):
    record = f"{PREFIX}.dist-info/RECORD"
    rows = list(csv.reader(files[record].decode().splitlines()))

    assert [path for path, _, _ in rows] == [*sorted(set(files) - {record}), record]
    for path, digest, size in rows[:-1]:
        hashed = urlsafe_b64encode(hashlib.sha256(files[path]).digest()).rstrip(b"=").decode()
        assert (digest, size) == (f"sha256={hashed}", str(len(files[path])))


def test_the_same_files_make_the_same_bytes(made):
    os.utime(PACKAGE / "types.py")

    assert runtime_wheel() == made


def test_pip_installs_it_and_asks_no_index(made, tmp_path):
    file = tmp_path / made.name
    file.write_bytes(made.content)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(tmp_path / "in"),
    ]

    subprocess.run([*pip, str(file)], check=True)

    asked = "import openenv, openenv_cli.main; print(openenv.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", asked],
        env={"PYTHONPATH": str(tmp_path / "in")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.strip() == str(tmp_path / "in" / "openenv" / "__init__.py"), ran.stderr


def test_a_checkout_that_was_never_installed_says_so(monkeypatch):
    monkeypatch.setattr(wheel, "DISTRIBUTION", "openenv-kit-of-nobody")

    with pytest.raises(MissingError, match="not installed"):
        runtime_wheel()
