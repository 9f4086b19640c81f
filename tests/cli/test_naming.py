from __future__ import annotations

import keyword
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openenv_cli.naming import MAX_LENGTH, NameRefusedError, names_for, suggest


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
        ("HTTPServer", "is not a name", "http-server"),
        ("my env", "is not a name", "my-env"),
        ("my--env", "is not a name", "my-env"),
        ("-my-env-", "is not a name", "my-env"),
        ("_my_env", "is not a name", "my-env"),
        ("2048", "is not a name", "env-2048"),
        ("émile", "is not a name", "emile"),
        ("игра", "is not a name", "my-env"),
        ("", "is not a name", "my-env"),
        ("envs/my-env/", "is not a name", "my-env"),
        ("C:\\envs\\my-env", "is not a name", "my-env"),
        ("../json", "is not a name", "json-env"),
        ("class", "is a word of Python itself", "class-env"),
        ("yes", "is no text in YAML but a value of its own", "yes-env"),
        ("null", "is no text in YAML but a value of its own", "null-env"),
        ("match", "is a word of Python itself", "match-env"),
        ("json", "is a module of Python's standard library", "json-env"),
        ("pydantic", "is a package that environments need", "pydantic-env"),
        ("openenv", "is a package that environments need", "openenv-env"),
        ("openenv-kit", "is a package that environments need", "openenv-kit-env"),
        ("tests", "is a folder that projects use", "tests-env"),
        ("env", "is a folder that projects use", "my-env"),
        ("a" * 65, "is longer than 64 characters", "a" * 60),
    ],
)
def test_other_names_are_refused_with_one_that_would_do(text, reason, suggestion):
    with pytest.raises(NameRefusedError, match=f"^'.*' {reason}") as refused:
        names_for(text)

    assert refused.value.data == {"suggestion": suggestion}
    assert refused.value.hint == f"{suggestion} would do"
    assert names_for(suggestion).name == suggestion


@given(st.text() | st.sampled_from([*keyword.kwlist, *keyword.softkwlist, *sys.stdlib_module_names]))
def test_whatever_is_suggested_is_taken(text):
    suggestion = suggest(text)

    assert names_for(suggestion).package.isidentifier()
    assert len(suggestion) <= MAX_LENGTH
