from __future__ import annotations

import sysconfig
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from support.installing import install

from openenv_cli.naming import NameRefusedError, is_installed, names_for


@pytest.mark.parametrize(
    ("text", "package", "stem", "title"),
    [
        ("my-env", "my_env", "My", "My Env"),
        ("my_env", "my_env", "My", "My Env"),
        ("echo", "echo", "Echo", "Echo"),
        ("tower-of-hanoi-env", "tower_of_hanoi_env", "TowerOfHanoi", "Tower Of Hanoi Env"),
        ("grid-environment", "grid_environment", "Grid", "Grid Environment"),
        ("game2048", "game2048", "Game2048", "Game2048"),
    ],
)
def test_everything_is_named_after_the_environment(text, package, stem, title):
    names = names_for(text)

    assert (names.name, names.package, names.title) == (text.replace("_", "-"), package, title)
    assert names.action == f"{stem}Action"
    assert names.observation == f"{stem}Observation"
    assert names.state == f"{stem}State"
    assert names.environment == f"{stem}Environment"
    assert names.client == f"{stem}Env"


@pytest.mark.parametrize(
    ("text", "reason", "suggestion"),
    [
        ("MyEnv", "is not a name", "my-env"),
        ("json", "is a module of Python's standard library", "json-env"),
        ("_hypothesis_globals", "is not a name", "hypothesis-globals"),
        ("hypothesis", "is a package that is installed here", "hypothesis-env"),
        ("annotated-types", "is a package that is installed here", "annotated-types-env"),
    ],
)
def test_a_name_that_cannot_be_taken_is_refused_with_one_that_can(text, reason, suggestion):
    with pytest.raises(NameRefusedError, match=f"^'{text}' {reason}") as refused:
        names_for(text)

    assert refused.value.data == {"suggestion": suggestion}
    assert refused.value.hint == f"{suggestion} would do"
    assert names_for(suggestion).name == suggestion


def test_every_package_that_is_installed_is_known_as_such():
    here = Path(sysconfig.get_path("purelib"))
    top = {name for name in packages_distributions() if name.isidentifier() and (here / name / "__init__.py").exists()}

    assert top
    assert {name for name in top if not is_installed(name)} == set()


@pytest.mark.parametrize(
    ("distribution", "entry_point"), [("mine", "mine"), ("openenv-mine", None)], ids=["entry point", "named alike"]
)
def test_an_environment_that_is_installed_may_be_made_anew(tmp_path, monkeypatch, distribution, entry_point):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    install(tmp_path, "other", distribution="other")
    install(tmp_path, "mine", distribution=distribution, entry_point=entry_point)

    assert is_installed("other")
    assert not is_installed("mine")
