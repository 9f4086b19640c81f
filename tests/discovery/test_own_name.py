"""A package that is imported under a name of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openenv.discovery.own_name import OwnName

Files = dict[str, str]


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, Files], Path]:
    """Writes a package into a folder of its own, and returns it."""

    def write(folder: str, files: Files) -> Path:
        for path, text in files.items():
            file = tmp_path / folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path / folder

    return write


WAYS = {
    "relative": "from .models import WHO",
    "absolute": "from game.models import WHO",
    "module": "import game.models\nWHO = game.models.WHO",
    "renamed": "import game.models as models\nWHO = models.WHO",
    "later": "def who():\n    from game.models import WHO\n    return WHO\nWHO = who()",
    "from the package": "from game import models\nWHO = models.WHO",
}


@pytest.mark.parametrize("how", WAYS)
def test_every_way_to_import_leads_to_its_own_modules(how: str, written: Callable[[str, Files], Path]) -> None:
    files = {"__init__.py": "", "client.py": WAYS[how]}
    one = OwnName("one", "game", written("one", {**files, "models.py": "WHO = 1"}))
    two = OwnName("two", "game", written("two", {**files, "models.py": "WHO = 2"}))

    assert [package.import_module("game.client").WHO for package in (one, two)] == [1, 2]
    assert "game" not in sys.modules


def test_what_is_not_its_own_is_imported_as_ever(written: Callable[[str, Files], Path]) -> None:
    folder = written("three", {"__init__.py": "import json, os.path\nfrom game_of_others import WHO"})
    others = written("site", {"game_of_others.py": "WHO = 'others'"})
    sys.path.insert(0, str(others))
    try:
        module = OwnName("three", "game", folder).import_module("game")
    finally:
        sys.path.remove(str(others))

    assert (module.WHO, module.json, module.__name__) == ("others", sys.modules["json"], "three")


def test_a_package_without_init_and_one_inside_another_are_found(written: Callable[[str, Files], Path]) -> None:
    folder = written("four", {"inner/__init__.py": "from game.flat import WHO", "flat.py": "WHO = 4"})

    assert OwnName("four", "game", folder).import_module("game.inner").WHO == 4


def test_a_module_that_there_is_not_is_missing_as_ever(written: Callable[[str, Files], Path]) -> None:
    package = OwnName("five", "game", written("five", {"__init__.py": ""}))
    with pytest.raises(ModuleNotFoundError, match=r"five\.client"):
        package.import_module("game.client")


def test_nothing_is_written_beside_its_files(written: Callable[[str, Files], Path]) -> None:
    folder = written("six", {"__init__.py": "", "client.py": ""})
    OwnName("six", "game", folder).import_module("game.client")
    assert sorted(path.name for path in folder.iterdir()) == ["__init__.py", "client.py"]
