"""Checks of what an image, a Space and an installation are made from: each one fails for its own reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from specimens import DOCKERFILE, FLAT, PACKAGED, README, check, found, outcome_of, write
from spoilt_projects import PYPROJECT

from openenv.validation.reports.report import Status


@pytest.mark.parametrize(
    "changes",
    [
        {"Dockerfile": DOCKERFILE + "EXPOSE 8000 9090/tcp\n"},
        {"Dockerfile": DOCKERFILE.replace("8000", "7860"), "README.md": README.replace("8000", "7860")},
        {"Dockerfile": DOCKERFILE.replace("$PORT", '\\"${PORT:-7}\\"')},
        {"Dockerfile": DOCKERFILE.replace("python:3.12-slim", "python@sha256:0")},
        {"Dockerfile": DOCKERFILE.replace("my_env.server.app:app", "another.app:app")},
        {"Dockerfile": DOCKERFILE + 'CMD ["python", "-m", "my_env.server"]\n'},
        {"Dockerfile": DOCKERFILE + "COPY . /app\n", ".dockerignore": "*\n!my_env\n!pyproject.toml\n"},
        {
            "Dockerfile": f"FROM scratch AS a\nUSER 5\nFROM a\n{DOCKERFILE.replace('USER 1000', 'RUN true')}"[:-1]
            + "\nUSER x\n"
        },
    ],
)
def test_what_looks_odd_and_is_fine(tmp_path: Path, changes: dict[str, str | None]) -> None:
    assert found(check(write(tmp_path, PACKAGED, changes), static=True)) == {}


def importing(line: str, **changes: str | None) -> dict[str, str | None]:
    """A project whose app imports something, with other changes."""
    return {"my_env/server/app.py": f"{line}\n{PACKAGED['my_env/server/app.py']}", **changes}


def depending(line: str) -> dict[str, str | None]:
    """A project that imports numpy, with a line of ``pyproject.toml`` before its next table."""
    return importing(
        "import numpy", **{"pyproject.toml": PYPROJECT.replace("\n[project.entry", f"{line}\n\n[project.entry")}
    )


def installing(line: str) -> dict[str, str | None]:
    """A project that imports numpy, with a line of the Dockerfile."""
    return importing("import numpy", Dockerfile=DOCKERFILE.replace("ENV", f"{line}\nENV", 1))


@pytest.mark.parametrize(
    "changes",
    [
        importing("try:\n    import numpy\nexcept ImportError:\n    numpy = None"),
        importing("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy"),
        importing("def draw():\n    import numpy"),
        importing("import no_such_package"),
        importing("import setuptools, pydantic, yaml"),
        importing("import numpy", **{"numpy.py": ""}),
        {"my_env/server/train.py": "import numpy\n", "tests/test_it.py": "import numpy\n"},
        depending("dependencies = [\"NumPy>=1; python_version > '3'\"]"),
        depending('dependencies = ["gymnasium"]'),
        depending('[project.optional-dependencies]\ndev = ["numpy"]'),
        depending('[dependency-groups]\ndev = ["numpy", {include-group = "x"}]'),
        importing("import numpy", **{"requirements.txt": "# all\n-r x\nnumpy==2\n"}),
        installing("RUN pip install --no-cache-dir numpy && true"),
        installing("RUN apt-get install -y python3-numpy python3-venv"),
    ],
)
def test_imports_that_an_image_can_satisfy_are_not_blamed(tmp_path: Path, changes: dict[str, str | None]) -> None:
    outcome = outcome_of(check(write(tmp_path, PACKAGED, changes), "S024"), "S024")
    assert (outcome.status, outcome.findings) == (Status.PASSED, ())


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        (depending('dependencies = ["no-such-distribution"]'), "no-such-distribution"),
        (depending('[project.optional-dependencies]\nserver = ["no-such-distribution"]'), "no-such-distribution"),
        (
            importing("import numpy", Dockerfile=DOCKERFILE.replace("python:", "pytorch/pytorch:")),
            "pytorch/pytorch:3.12-slim",
        ),
        (installing("RUN pip install 'openenv-core[core]>=0.2'"), "openenv-core"),
        (
            importing("import numpy", Dockerfile=f"FROM host/science:1 AS b\n{DOCKERFILE}COPY --from=b /venv /venv\n"),
            "host/science:1",
        ),
        (installing("RUN cd /vendor && pip install ."), "cd"),
        (installing("RUN pip install git+https://git.internal/x"), "git+https://git.internal/x"),
    ],
)
def test_what_may_come_from_somewhere_else_is_not_checked(
    tmp_path: Path, changes: dict[str, str | None], source: str
) -> None:
    outcome = outcome_of(check(write(tmp_path, PACKAGED, changes), "S024"), "S024")
    assert outcome.reason == f"numpy may come with {source}, which cannot be told here"


@pytest.mark.parametrize(
    "options",
    [
        "--root /code .",
        "-r needed.txt",
        "-e .",
        "'wheels/openenv_kit-*.whl' && apt-get install python3-venv",
        "-i http://x/y .[a]",
    ],
)
def test_installing_the_project_and_the_runtime_brings_nothing_else(tmp_path: Path, options: str) -> None:
    project = write(tmp_path, PACKAGED, installing(f"RUN /pip/bin/pip install {options} && true"))
    assert list(found(check(project, "S024"))) == ["S024"]


def test_the_dependencies_of_a_flat_project_are_followed_by_either_way_of_importing(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "server/app.py": "try:\n    from ..models import MyAction\n    from .environment import MyEnvironment\n"
        "except ImportError:\n    from models import MyAction\n    from server.environment import MyEnvironment\n"
        "app = None\n",
        "models.py": "import numpy\n" + (FLAT["models.py"] or ""),
    }
    said = found(check(write(tmp_path, FLAT, changes), "S024"))
    assert said == {"S024": ["models.py:1: numpy is imported, and nothing in pyproject.toml brings it"]}


LEFT_OUT = '\n[tool.hatch.build.targets.wheel]\npackages = ["my_env"]\nexclude = ["my_env/late", "*.txt"]\n'
DATA: dict[str, str | None] = {
    "my_env/words.txt": "a",
    "my_env/notes.txt": "b",
    "my_env/late/__init__.py": "WORDS = open(__file__ + '/../words.txt')\n",
}


@pytest.mark.parametrize(
    ("pyproject", "said"),
    [
        (PYPROJECT + LEFT_OUT.partition("exclude")[0], []),
        (
            PYPROJECT + LEFT_OUT,
            [
                "my_env/late/__init__.py: my_env/late/__init__.py is not in the wheel",
                "my_env/words.txt: my_env/words.txt, which my_env/late/__init__.py names, is not in the wheel",
            ],
        ),
        (
            PYPROJECT.replace("hatchling.build", "no_such.backend"),
            ["pyproject.toml: it cannot be built: ModuleNotFoundError: No module named 'no_such'"],
        ),
    ],
    ids=["all of it", "some left out", "no backend"],
)
def test_the_wheel_is_really_built(tmp_path: Path, pyproject: str, said: list[str]) -> None:
    project = write(tmp_path, PACKAGED, {**DATA, "pyproject.toml": pyproject})
    before = {path for path in project.rglob("*") if "__pycache__" not in path.parts}
    report = check(project, "S022")
    assert found(report).get("S022", []) == said
    assert outcome_of(report, "S022").status is (Status.FAILED if said else Status.PASSED)
    assert {path for path in project.rglob("*") if "__pycache__" not in path.parts} == before


def test_the_wheel_of_a_flat_project_holds_what_its_server_names(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "server/words.txt": "a",
        "server/more.py": "WORDS = open(__file__ + '/../words.txt')\n",
        "data.txt": "b",
    }
    report = check(write(tmp_path, FLAT, changes), "S022")
    said = "server/words.txt: server/words.txt, which server/more.py names, is not in the wheel"
    assert found(report) == {"S022": [said]}


@pytest.mark.parametrize(
    ("requires", "reason"),
    [
        (
            '["no-such-backend>=1", "hatchling"]',
            "what builds the package is not installed here: pip install no-such-backend",
        ),
        (
            '["hatchling", "hatch-vcs"]',
            "hatch-vcs asks git what belongs to the package; pip wheel . shows what it builds",
        ),
    ],
)
def test_a_wheel_that_cannot_be_built_from_a_copy_here_is_not(tmp_path: Path, requires: str, reason: str) -> None:
    pyproject = PYPROJECT.replace('["hatchling"]', requires)
    outcome = outcome_of(check(write(tmp_path, PACKAGED, {"pyproject.toml": pyproject}), "S022"), "S022")
    assert outcome.reason == reason
