"""Reading the parts of ``pyproject.toml`` that matter."""

from __future__ import annotations

import pytest

from openenv.project.pyproject import PyProjectError, line_of, normalise, parse_pyproject

FLAT = """\
[project]
name = "openenv-my_env"
version = "0.1.0"

[project.entry-points."openenv.environments"]
my-env = "my_env"

[tool.setuptools]
packages = ["my_env", "my_env.server"]
package-dir = { "my_env" = ".", "my_env.server" = "server" }
"""


def test_what_matters_is_read() -> None:
    read = parse_pyproject(FLAT)
    assert (read.project.name, read.project.version) == ("openenv-my_env", "0.1.0")
    assert read.environments == {"my-env": "my_env"}
    assert read.root_package == "my_env"


def test_a_dynamic_version_says_where_it_stands() -> None:
    read = parse_pyproject(
        '[project]\nname = "a"\ndynamic = ["version"]\n[tool.hatch.version]\npath = "x"\npattern = "y"'
    )
    assert (read.project.dynamic, read.version_source.path, read.version_source.pattern) == (("version",), "x", "y")
    assert parse_pyproject('[project]\nname = "a"').version_source.path is None


def test_without_package_dir_no_package_stands_beside_it() -> None:
    assert parse_pyproject('[project]\nname = "a"\n').root_package is None
    assert parse_pyproject('[project]\nname = "a"\n[tool.setuptools]\npackage-dir = 3\n').root_package is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project\n", "pyproject.toml:1: not TOML"),
        ("[project]\nname = 3\n", "pyproject.toml:2: project.name: input should be a valid string"),
        ("[build-system]\n", "pyproject.toml: project: field required"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(PyProjectError) as caught:
        parse_pyproject(text)
    assert str(caught.value).startswith(said)


def test_the_line_of_a_key() -> None:
    assert line_of(FLAT, "version") == 3
    assert line_of(FLAT, "nothing") is None


def test_names_are_compared_as_indexes_do() -> None:
    assert normalise("OpenEnv_My.Env") == "openenv-my-env"


def test_a_key_that_is_almost_a_known_one_is_misspelt() -> None:
    read = parse_pyproject(
        '[project]\nname = "a"\nrequires-pythn = "x"\nentry_points = {}\ndependency = []\nauthor = 1\nurls = {}\n'
    )
    assert read.misspelt == {
        "author": "authors",
        "dependency": "dependencies",
        "entry_points": "entry-points",
        "requires-pythn": "requires-python",
    }


def test_a_key_that_a_later_standard_may_bring_is_let_through() -> None:
    assert parse_pyproject('[project]\nname = "a"\nsupport-ends = 2030\n').misspelt == {}
