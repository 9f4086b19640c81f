"""Another distribution that installs the package openenv, in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest
from support.puppets import PATIENCE_S
from support.tiny_wheels import metadata

from openenv_cli.images.wheel import runtime_wheel

Ran = subprocess.CompletedProcess[str]
STRANGER = {
    "openenv/__init__.py": "WHO = 'a stranger'\n",
    "openenv/discovery/__init__.py": "",
    "openenv/strange/__init__.py": "def main(): print('I am a stranger')\n",
}


def write_stranger(folder: Path, **more: str) -> Path:
    """Write the wheel of a distribution that installs a package, and a command, of the same names as ours."""
    wheel = folder / "openenv-0.10.0-py3-none-any.whl"
    info = "openenv-0.10.0.dist-info"
    files = {
        **STRANGER,
        **{path.replace("__", "/", 1) + ".py": text for path, text in more.items()},
        f"{info}/METADATA": metadata("openenv", version="0.10.0"),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nopenenv = openenv.strange:main\n",
        f"{info}/RECORD": "",
    }
    with ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


class Apart:
    """A virtual environment that can import all that is installed for the tests, and has our package for its own."""

    def __init__(self, home: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
        self.bin = home / "bin"
        (self.site,) = home.glob("lib/python*/site-packages")
        (self.site / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        wheel = runtime_wheel()
        self.wheel = home / wheel.name
        self.wheel.write_bytes(wheel.content)
        self.pip("install", str(self.wheel))

    def pip(self, command: str, *arguments: str) -> None:
        options = ["--no-deps", "--no-index", "--force-reinstall"] if command == "install" else ["--yes"]
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--quiet",
            "--disable-pip-version-check",
            "--python",
            str(self.bin / "python"),
        ]
        subprocess.run([*pip, command, *options, *arguments], check=True, capture_output=True)

    def run(self, *command: str) -> Ran:
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        program, *arguments = command
        return subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.site.parent,
            env={**inherited, "DOCKER_HOST": f"unix://{self.site}/no.sock", "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def doctor(self) -> Ran:
        return self.run("python", "-m", "openenv_cli", "doctor")


@pytest.fixture
def apart(tmp_path: Path) -> Apart:
    return Apart(tmp_path / "venv")


def test_one_that_was_installed_over_ours_and_one_that_was_removed_again_are_found_and_mended(
    apart: Apart, tmp_path: Path
) -> None:
    assert "ok       packages: openenv-kit 0" in apart.doctor().stdout

    apart.pip("install", str(write_stranger(tmp_path)))
    assert apart.run("openenv").stdout == "I am a stranger\n"
    ran = apart.doctor()
    assert ran.returncode == 1
    assert (
        "problem  packages: openenv 0.10.0 installs the package openenv too: its files and ours are mixed up"
        in ran.stdout
    )
    assert "pip uninstall openenv, then pip install --force-reinstall --no-deps openenv-kit" in ran.stdout

    apart.pip("uninstall", "openenv")
    assert not (apart.bin / "openenv").exists()
    assert not (apart.site / "openenv" / "__init__.py").exists()
    ran = apart.doctor()
    assert ran.returncode == 1
    assert "and 2 more of openenv-kit were overwritten, or are gone: pip install --force-reinstall" in ran.stdout

    apart.pip("install", str(apart.wheel))
    assert "ok       packages: openenv-kit 0" in apart.doctor().stdout


def test_where_not_even_the_command_line_can_be_imported_it_says_why(apart: Apart, tmp_path: Path) -> None:
    apart.pip("install", str(write_stranger(tmp_path, openenv__errors="")))
    ran = apart.run("python", "-m", "openenv_cli", "--version")

    error, hint = ran.stderr.splitlines()
    assert ran.returncode == 1
    assert error.startswith("error: files of openenv-kit were overwritten, or are gone: cannot import name")
    assert hint == "hint: pip uninstall openenv, then pip install --force-reinstall --no-deps openenv-kit"


def test_a_command_that_stumbles_over_it_names_who_finds_it(apart: Apart, tmp_path: Path) -> None:
    apart.pip("install", str(write_stranger(tmp_path, openenv__validation="")))
    (apart.site / "openenv" / "validation" / "run.py").unlink()
    ran = apart.run("python", "-m", "openenv_cli", "validate", "http://localhost:1")

    assert ran.returncode == 1
    assert "python -m openenv_cli doctor says whether another package has overwritten files of this one" in ran.stderr


def test_an_import_that_fails_for_another_reason_is_shown_as_it_is(apart: Apart) -> None:
    (apart.site / "sitecustomize.py").write_text("import sys; sys.modules['typer'] = None", encoding="utf-8")
    ran = apart.run("python", "-m", "openenv_cli", "--version")

    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("ModuleNotFoundError: import of typer")
