"""Wheels of a few lines, and projects that need them: what an installer takes without any index."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

BACKEND = """
from pathlib import Path
from zipfile import ZipFile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "game-1.0-py3-none-any.whl"
    metadata = Path("METADATA").read_text()
    with ZipFile(Path(folder, name), "w") as wheel:
        wheel.writestr("game.py", Path("game.py").read_text())
        wheel.writestr("game-1.0.dist-info/METADATA", metadata)
        wheel.writestr("game-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("game-1.0.dist-info/RECORD", "")
    return name
"""
"""What builds the wheel of a project, and needs nothing for that."""


def write_wheel(folder: Path, name: str, *requires: str, module: str = "", version: str = "1.0") -> Path:
    """Write a wheel that holds one module.

    Args:
        folder: Where to.
        name: What the distribution is called, and its module.
        requires: What it needs.
        module: The text of its module.
        version: Its version.

    Returns:
        The wheel.
    """
    stem = name.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{version}-py3-none-any.whl"
    with ZipFile(path, "w") as wheel:
        wheel.writestr(f"{stem}.py", module)
        wheel.writestr(f"{info}/METADATA", metadata(name, *requires, version=version))
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def write_project(root: Path, *requires: str) -> Path:
    """Write a project called ``game`` that needs something, with a backend that needs nothing.

    Args:
        root: Its folder.
        requires: What it needs.

    Returns:
        The folder.
    """
    listed = ", ".join(f'"{each}"' for each in requires)
    texts = {
        "pyproject.toml": f"""
            [build-system]
            requires = []
            build-backend = "backend"
            backend-path = ["."]
            [project]
            name = "game"
            version = "1.0"
            dependencies = [{listed}]
        """,
        "backend.py": BACKEND,
        "game.py": "WHO = 'game'\n",
        "METADATA": metadata("game", *requires),
        "openenv.yaml": "name: game\napp: game:app\n",
    }
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def metadata(name: str, *requires: str, version: str = "1.0") -> str:
    """What a distribution says about itself."""
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
