from __future__ import annotations

import keyword
import re
import sys
from importlib.metadata import packages_distributions, requires

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openenv.project.naming import MAX_LENGTH, objection, shadowing, suggest
from openenv.project.pyproject import normalise
from openenv.version import DISTRIBUTION


@pytest.mark.parametrize("name", ["my-env", "my_env", "echo", "game2048", "a", "tower-of-hanoi", "a" * MAX_LENGTH])
def test_there_is_no_objection_to_a_proper_name(name: str) -> None:
    assert objection(name) is None


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
        ("match", "is a word of Python itself", "match-env"),
        ("yes", "is no text in YAML but a value of its own", "yes-env"),
        ("null", "is no text in YAML but a value of its own", "null-env"),
        ("json", "is a module of Python's standard library", "json-env"),
        ("test", "is a module of Python's standard library", "test-env"),
        ("pydantic", "is a package that environments need", "pydantic-env"),
        ("click", "is a package that environments need", "click-env"),
        ("numpy", "is a package that environments need", "numpy-env"),
        ("openenv", "is a package that environments need", "openenv-env"),
        ("openenv-kit", "is a package that environments need", "openenv-kit-env"),
        ("tests", "is a folder that projects use", "tests-env"),
        ("env", "is a folder that projects use", "my-env"),
        ("a" * 65, "is longer than 64 characters", "a" * 56),
    ],
)
def test_other_names_are_objected_to_and_there_is_one_that_would_do(text: str, reason: str, suggestion: str) -> None:
    assert str(objection(text)).startswith(reason)
    assert suggest(text) == suggestion


def test_a_package_that_is_there_already_is_not_hidden() -> None:
    taken = {"chess", "chess_env", "chess_env_2"}.__contains__
    assert objection("chess", taken) == "is a package that is installed here"
    assert suggest("Chess", taken) == "chess-env-3"


def test_no_environment_hides_what_the_runtime_needs() -> None:
    names = {normalise(re.split(r"[^\w.-]", one)[0]) for one in requires(DISTRIBUTION) or () if "extra ==" not in one}
    tops = {
        top for top, distributions in packages_distributions().items() if names & set(map(normalise, distributions))
    }
    assert {"pydantic", "websockets", "yaml"} <= tops
    assert {top for top in tops if top.isidentifier() and not top.startswith("_") and not shadowing(top)} == set()


@given(st.text() | st.sampled_from([*keyword.kwlist, *keyword.softkwlist, *sys.stdlib_module_names]))
def test_there_is_no_objection_to_what_is_suggested(text: str) -> None:
    suggestion = suggest(text)

    assert objection(suggestion) is None
    assert suggestion.replace("-", "_").isidentifier()
    assert len(suggestion) <= MAX_LENGTH
