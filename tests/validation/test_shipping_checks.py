"""Checks of what an image, a Space and an installation are made from: each one fails for its own reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from specimens import DOCKERFILE, FLAT, PACKAGED, README, check, found, outcome_of, write

from openenv.validation.reports.report import Status

PYPROJECT = PACKAGED["pyproject.toml"]
SPOILT: list[tuple[str, dict[str, str | None], dict[str, list[str]]]] = [
    (
        "a misspelt instruction",
        {"Dockerfile": DOCKERFILE + "EXPSE 8000\n"},
        {"S014": ["Dockerfile:6: 'EXPSE' is no instruction"]},
    ),
    (
        "copies of what is not there",
        {"Dockerfile": DOCKERFILE + "COPY requirements.txt wheels/ $X /tmp/\nCOPY --from=build /x /\n"},
        {
            "S014": [
                "Dockerfile:6: COPY copies requirements.txt, which does not exist",
                "Dockerfile:7: COPY --from=build /x / copies from a stage that does not exist",
            ]
        },
    ),
    (
        "a copy of what is left out",
        {".dockerignore": "*\n!my_env\n"},
        {"S014": ["Dockerfile:2: COPY copies pyproject.toml, which .dockerignore leaves out"]},
    ),
    (
        "another port in the image",
        {"Dockerfile": DOCKERFILE.replace("8000", "8080")},
        {"S015": ["README.md:3: the port is 8000 here, and 8080 in Dockerfile:3"]},
    ),
    (
        "another port in the manifest",
        {"openenv.yaml": PACKAGED["openenv.yaml"] + "port: 8001\n"},
        {"S015": ["Dockerfile:3: the port is 8000 here, and 8001 in openenv.yaml:7:7"]},
    ),
    (
        "other ports in the README and the command",
        {"README.md": README.replace("8000", "7860"), "Dockerfile": DOCKERFILE.replace("$PORT", "80")},
        {
            "S015": [
                "Dockerfile:5: the port is 80 here, and 8000 in Dockerfile:3",
                "README.md:3: the port is 7860 here, and 8000 in Dockerfile:3",
            ]
        },
    ),
    (
        "a user who is root",
        {"Dockerfile": DOCKERFILE.replace("USER 1000", "USER root:root")},
        {"S016": ["Dockerfile:4: it runs as root"]},
    ),
    (
        "no user",
        {"Dockerfile": DOCKERFILE.replace("USER 1000\n", "")},
        {"S016": ["Dockerfile: it names no USER"]},
    ),
    (
        "the latest base image, by an argument",
        {"Dockerfile": f"ARG BASE=host:5000/python:latest\n{DOCKERFILE.replace('python:3.12-slim', '$BASE')}"},
        {"S017": ["Dockerfile:2: it builds on host:5000/python:latest, whichever that is today"]},
    ),
    (
        "a base image without a tag",
        {"Dockerfile": DOCKERFILE.replace("python:3.12-slim", "host:5000/python AS x")},
        {"S017": ["Dockerfile:1: it builds on host:5000/python, whichever that is today"]},
    ),
    (
        "secrets in the image",
        {"Dockerfile": DOCKERFILE + "ARG HF_TOKEN\nENV A=1 OPENAI_API_KEY=sk-1\nENV MAX_TOKENS=5 TOKEN_FILE=/run/x\n"},
        {
            "S018": [
                "Dockerfile:6: ARG HF_TOKEN can be read by whoever has the image",
                "Dockerfile:7: ENV OPENAI_API_KEY can be read by whoever has the image",
            ]
        },
    ),
    (
        "a copy of the whole folder",
        {"Dockerfile": DOCKERFILE + "COPY . /app\n", ".dockerignore": ".git\n.venv/\n"},
        {"S019": ["Dockerfile:6: 'COPY . /app' would copy secrets (.env) too"]},
    ),
    ("a README without front matter", {"README.md": "# my-env\n"}, {"S020": ["README.md: there is no front matter"]}),
    (
        "a README for another kind of Space",
        {"README.md": "---\ntitle: x\nsdk: gradio\ntags: [x]\ncolorTo: teal\n---\n"},
        {
            "S020": [
                "README.md:3: 'sdk' is gradio: the Hub would not build the Dockerfile",
                "README.md:2: 'app_port' is missing: the Hub would look for the server on port 7860",
                "README.md:4: the tag openenv is missing",
                "README.md:5: 'colorTo' is teal, which the Hub does not take",
            ]
        },
    ),
    (
        "secrets in files",
        {".env": "A=1\n", "kept/.env": "A=1\n", ".gitignore": "kept/\n", "my_env/key.py": f"KEY = 'hf_{'aB3' * 12}'\n"},
        {
            "S021": [
                ".env: it looks like variables of an environment",
                "my_env/key.py:1: it looks like a token of Hugging Face",
            ]
        },
    ),
    (
        "front matter that does not end",
        {"README.md": "---\ntitle: x\n"},
        {"S020": ["README.md:1: the front matter has no end"]},
    ),
]
"""What is wrong, the files that make it so, and the beginning of what is found."""


@pytest.mark.parametrize(("changes", "expected"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_one_defect_is_found_where_it_is_and_sets_off_nothing_else(
    tmp_path: Path, changes: dict[str, str | None], expected: dict[str, list[str]]
) -> None:
    said = found(check(write(tmp_path, PACKAGED, changes), static=True))
    assert list(said) == list(expected)
    for id_, beginnings in expected.items():
        for message, beginning in zip(said[id_], beginnings, strict=True):
            assert message.startswith(beginning)


@pytest.mark.parametrize(
    "changes",
    [
        {"Dockerfile": DOCKERFILE + "EXPOSE 8000 9090/tcp\n"},
        {"Dockerfile": DOCKERFILE.replace("8000", "7860"), "README.md": README.replace("8000", "7860")},
        {"Dockerfile": DOCKERFILE.replace("$PORT", '\\"${PORT:-7}\\"')},
        {"Dockerfile": DOCKERFILE.replace("python:3.12-slim", "python@sha256:0")},
        {"Dockerfile": DOCKERFILE + "COPY . /app\n", ".dockerignore": "*\n!my_env\n!pyproject.toml\n"},
        {
            "Dockerfile": f"FROM scratch AS a\nUSER 5\nFROM a\n{DOCKERFILE.replace('USER 1000', 'RUN true')}"[:-1]
            + "\nUSER x\n"
        },
    ],
)
def test_what_looks_odd_and_is_fine(tmp_path: Path, changes: dict[str, str | None]) -> None:
    assert found(check(write(tmp_path, PACKAGED, changes), static=True)) == {}


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
