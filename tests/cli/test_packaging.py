from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from openenv.project.manifest import parse_manifest
from openenv.version import VERSION
from openenv_cli.naming import names_for
from openenv_cli.scaffold import TEMPLATES, plan, write

ROOT = Path(__file__).parents[2]


def wheel_of(project, folder):
    """Build a project's wheel."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return ZipFile(wheel)


def test_our_wheel_holds_every_template_and_both_packages(tmp_path):
    with wheel_of(ROOT, tmp_path) as wheel:
        names = set(wheel.namelist())

    templates = (ROOT / "openenv_cli" / "templates").rglob("*.jinja")
    assert {path.relative_to(ROOT).as_posix() for path in templates} <= names
    assert {name.partition("/")[0] for name in names} == {"openenv", "openenv_cli", f"openenv_kit-{VERSION}.dist-info"}
    assert "openenv/py.typed" in names


def test_the_wheel_of_a_project_holds_its_manifest_and_announces_itself(tmp_path):
    write(plan(names_for("my-env"), TEMPLATES["game"], tmp_path / "my-env"))
    with wheel_of(tmp_path / "my-env", tmp_path) as wheel:
        manifest = parse_manifest(wheel.read("my_env/openenv.yaml").decode())
        information = f"my_env-{manifest.version}.dist-info"
        entry_points = wheel.read(f"{information}/entry_points.txt").decode()
        metadata = wheel.read(f"{information}/METADATA").decode()

    assert entry_points == "[openenv.environments]\nmy-env = my_env\n"
    assert f"\nVersion: {manifest.version}\n" in metadata
    assert "Requires-Dist: openenv" not in metadata
