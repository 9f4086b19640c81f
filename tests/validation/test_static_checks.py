"""Checks of a project's files: each one fails for its own reason and no other one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from specimens import FLAT, PACKAGED, check, found, ids_of, outcome_of, passed, write
from support.permissions import permissions_that_hold

from openenv.validation.reports.report import Status

MANIFEST = PACKAGED["openenv.yaml"]
PYPROJECT = PACKAGED["pyproject.toml"]
DYNAMIC = PYPROJECT.replace('version = "0.1.0"', 'dynamic = ["version"]') + (
    '[tool.hatch.version]\npath = "openenv.yaml"\n'
)
APPLESS: dict[str, str | None] = {
    "openenv.yaml": MANIFEST.replace("app: my_env.server.app:app\n", ""),
    "my_env/server/app.py": None,
}
REGISTERED = '\n[project.entry-points."openenv.environments"]\nmy-env = "my_env"\n'

SPOILT: list[tuple[str, dict[str, str | None], dict[str, list[str]]]] = [
    (
        "a misspelt key",
        {"openenv.yaml": MANIFEST + "prot: 80\n"},
        {"S001": ["openenv.yaml:7:1: unknown key 'prot'"]},
    ),
    (
        "two mistakes in the manifest",
        {"openenv.yaml": "naem: x\nname: a\nport: 0\n"},
        {
            "S001": [
                "openenv.yaml:1:1: unknown key 'naem'",
                "openenv.yaml:3:7: 'port' must be a whole number from 1 to 65535, not a number (0)",
            ]
        },
    ),
    (
        "capitals in the name",
        {"openenv.yaml": MANIFEST.replace("my-env", "My-Env"), "pyproject.toml": PYPROJECT},
        {"S002": ["openenv.yaml:1:7: 'My-Env' has capitals, which image names may not have"]},
    ),
    (
        "no version",
        {"openenv.yaml": MANIFEST.replace("version: 0.1.0\n", "")},
        {"S003": ["openenv.yaml: no version is stated"]},
    ),
    ("no pyproject.toml", {"pyproject.toml": None}, {"S004": ["pyproject.toml: there is no pyproject.toml"]}),
    ("no __init__.py", {"my_env/__init__.py": None}, {"S004": ["my_env/__init__.py: there is no my_env/__init__.py"]}),
    ("no Dockerfile", {"Dockerfile": None}, {"S005": ["Dockerfile: there is no Dockerfile"]}),
    ("no README", {"README.md": None}, {"S005": ["README.md: there is no README.md"]}),
    (
        "broken TOML",
        {"pyproject.toml": "[project\n"},
        {"S006": ["pyproject.toml:1: not TOML: "]},
    ),
    ("no [project]", {"pyproject.toml": "[tool.x]\n"}, {"S006": ["pyproject.toml: project: field required"]}),
    (
        "another version",
        {"pyproject.toml": PYPROJECT.replace("0.1.0", "0.2.0")},
        {"S007": ["pyproject.toml:3: the manifest says 0.1.0, pyproject.toml version 0.2.0"]},
    ),
    (
        "no version in pyproject.toml",
        {"pyproject.toml": PYPROJECT.replace('version = "0.1.0"\n', "")},
        {"S007": ["pyproject.toml: the manifest says 0.1.0, pyproject.toml no version"]},
    ),
    (
        "a version that the pattern does not find",
        {"pyproject.toml": DYNAMIC + 'pattern = "release: (?P<version>.+)"\n'},
        {"S007": ["pyproject.toml: the manifest says 0.1.0, pyproject.toml no version"]},
    ),
    (
        "a pattern that is no regular expression",
        {"pyproject.toml": DYNAMIC + "pattern = 'version: (?P<version>'\n"},
        {"S007": ["pyproject.toml:13: the pattern of the version cannot be read: missing )"]},
    ),
    (
        "a pattern without the group",
        {"pyproject.toml": DYNAMIC + "pattern = 'version: (.+)'\n"},
        {"S007": ["pyproject.toml:13: the pattern of the version cannot be read: it has no group 'version'"]},
    ),
    (
        "another name",
        {"pyproject.toml": PYPROJECT.replace('"my-env"', '"your-env"')},
        {"S008": ["pyproject.toml:2: the manifest says my-env, pyproject.toml your-env"]},
    ),
    (
        "not registered",
        {"pyproject.toml": PYPROJECT.replace(REGISTERED, "")},
        {"S009": ["pyproject.toml: no entry point of openenv.environments names my_env"]},
    ),
    (
        "another package registered",
        {"pyproject.toml": PYPROJECT.replace('"my_env"', '"your_env"')},
        {"S009": ["pyproject.toml:6: 'my-env' is registered as your_env, but the package is my_env"]},
    ),
    (
        "a syntax error in a file that is imported late",
        {"my_env/server/late.py": "def f(:\n"},
        {"S010": ["my_env/server/late.py:1: invalid syntax: def f(:"]},
    ),
    (
        "brackets without end",
        {"my_env/odd.py": "(" * 500},
        {"S010": ["my_env/odd.py:1: "]},
    ),
    (
        "more than the parser can hold",
        {"my_env/odd.py": "-" * 100_000 + "1"},
        {"S010": ["my_env/odd.py:"]},
    ),
    (
        "no app module",
        {"my_env/server/app.py": None},
        {"S011": ["openenv.yaml:3:6: there is no module my_env.server.app in the project"]},
    ),
    (
        "an app of another name",
        {"my_env/server/app.py": "application = object()\n"},
        {"S011": ["openenv.yaml:3:6: my_env/server/app.py does not define app"]},
    ),
    (
        "a client of another name",
        {"openenv.yaml": MANIFEST.replace(":MyEnv", ":YourEnv")},
        {"S012": ["openenv.yaml:4:9: my_env/client.py does not define YourEnv"]},
    ),
    (
        "an action nowhere",
        {"openenv.yaml": MANIFEST.replace("my_env.models:MyAction", "YourAction")},
        {"S012": ["openenv.yaml:5:9: my_env/models.py does not define YourAction"]},
    ),
    (
        "a policy nowhere",
        {"openenv.yaml": MANIFEST + "policies:\n  known-good: my_env.models:GoodPolicy\n"},
        {"S012": ["openenv.yaml:8:15: my_env/models.py does not define GoodPolicy"]},
    ),
    (
        "a client.py without a class",
        {"openenv.yaml": MANIFEST.replace("client: my_env.client:MyEnv\n", ""), "my_env/client.py": "x = 1\n"},
        {"S012": ["my_env/client.py: my_env/client.py defines no class"]},
    ),
    (
        "an import of a name that is not there, in a function",
        {"my_env/late.py": "def f():\n    from my_env.models import YourAction\n    from .models import MyAction\n"},
        {"S013": ["my_env/late.py:2: my_env/models.py does not define YourAction"]},
    ),
    (
        "an import of a module that is not there",
        {"my_env/server/late.py": "from ..model import MyAction\n"},
        {"S013": ["my_env/server/late.py:1: there is no module my_env.model"]},
    ),
]
"""What is wrong, the files that make it so, and the beginning of what is found."""


@pytest.mark.parametrize("files", [PACKAGED, FLAT], ids=["packaged", "flat"])
def test_a_healthy_project_passes_every_static_check(tmp_path: Path, files: dict[str, str]) -> None:
    report = check(write(tmp_path, files), static=True)
    assert found(report) == {}
    assert passed(report) == ids_of("S") - {"S022"}


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
    ("changes", "expected"),
    [
        ({"server/Dockerfile": None}, {"S005": ["server/Dockerfile: there is no Dockerfile or server/Dockerfile"]}),
        ({"client.py": None}, {"S004": ["client.py: there is no client.py"]}),
        ({"server/app.py": "app: object\n"}, {}),
        ({"server/app.py": "from x import y\n"}, {"S011": ["openenv.yaml:3:6: server/app.py does not define app"]}),
    ],
)
def test_the_flat_layout_is_looked_at_in_its_own_places(
    tmp_path: Path, changes: dict[str, str | None], expected: dict[str, list[str]]
) -> None:
    assert found(check(write(tmp_path, FLAT, changes), static=True)) == expected


@pytest.mark.parametrize("name", ["class", "match", "json", "openenv", "numpy"])
def test_a_name_that_python_or_the_runtime_knows_already_is_refused(tmp_path: Path, name: str) -> None:
    files = {path.replace("my_env", name): text.replace("my_env", name) for path, text in PACKAGED.items()}
    files["openenv.yaml"] = f"name: {name}\n"
    [finding] = outcome_of(check(write(tmp_path, files), "S002"), "S002").findings
    assert finding.where == "openenv.yaml:1:7"
    assert finding.mend == f"choose another name: {name}-env would do"


@pytest.mark.parametrize(
    "changes",
    [
        {"my_env/late.py": "try:\n    from my_env.nothing import x\nexcept ImportError:\n    x = None\n"},
        {"my_env/late.py": "from my_env import models, server\nfrom .server import environment\n"},
        {"my_env/fast.cpython-311.so": "", "my_env/late.py": "from my_env.fast import f\n"},
    ],
)
def test_imports_that_look_odd_and_are_fine(tmp_path: Path, changes: dict[str, str | None]) -> None:
    assert found(check(write(tmp_path, PACKAGED, changes), "S013")) == {}


def test_after_a_broken_manifest_nothing_else_is_claimed(tmp_path: Path) -> None:
    report = check(write(tmp_path, PACKAGED, {"openenv.yaml": "name: [\n"}), static=True)
    assert list(found(report)) == ["S001"]
    assert passed(report) == set()
    reasons = {outcome.check.id: outcome.reason for outcome in report.outcomes if outcome.check.family == "S"}
    assert {reasons.pop("S001"), reasons.pop("S022"), *reasons.values()} == {
        None,
        "--static: nothing is run",
        "S001 failed",
    }


@pytest.mark.parametrize(
    ("app", "bound"),
    [
        ("try:\n    from a import app\nexcept ImportError:\n    app = None\n", True),
        ("if True:\n    def app(): ...\n", True),
        ("with open('x') as app: ...\n", True),
        ("for app in (): ...\n", True),
        ("(app, other) = 1, 2\n", True),
        ("import app\n", True),
        ("import a.b as app\n", True),
        ("class app: ...\n", True),
        ("match 1:\n    case _:\n        app = 1\n", True),
        ("def f():\n    app = 1\n", False),
        ("from a import b as c\n", False),
        ("app_ = 1\n", False),
    ],
)
def test_what_binds_a_name_at_the_top_level(tmp_path: Path, app: str, bound: bool) -> None:
    report = check(write(tmp_path, PACKAGED, {"my_env/server/app.py": app}), "S011")
    assert (outcome_of(report, "S011").status is Status.PASSED) is bound


@pytest.mark.parametrize("source", ["from somewhere import *\n", "def __getattr__(name): ...\n"])
def test_what_only_running_would_tell_is_not_checked(tmp_path: Path, source: str) -> None:
    outcome = outcome_of(check(write(tmp_path, PACKAGED, {"my_env/server/app.py": source}), "S011"), "S011")
    assert outcome.status is Status.NOT_CHECKED
    assert outcome.reason == "only running my_env/server/app.py tells whether it defines app"


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ('dynamic = ["version"]', "the version in pyproject.toml is dynamic: only a build tells it"),
        ('version = "0.1.0"', "the manifest states no version (S003)"),
    ],
)
def test_versions_that_cannot_be_compared_are_not_checked(tmp_path: Path, version: str, reason: str) -> None:
    changes: dict[str, str | None] = {"pyproject.toml": PYPROJECT.replace('version = "0.1.0"', version)}
    if "manifest" in reason:
        changes["openenv.yaml"] = MANIFEST.replace("version: 0.1.0\n", "")
    assert outcome_of(check(write(tmp_path, PACKAGED, changes), "S007"), "S007").reason == reason


def test_a_version_that_is_read_from_the_manifest_agrees_with_it(tmp_path: Path) -> None:
    pyproject = DYNAMIC + 'pattern = "^version: (?P<version>.+)$"\n'
    assert passed(check(write(tmp_path, PACKAGED, {"pyproject.toml": pyproject}), "S007")) == {"S007"}


def test_a_python_file_that_cannot_be_read_is_not_called_a_syntax_error(tmp_path: Path) -> None:
    write(tmp_path, PACKAGED)
    (tmp_path / "my_env/bad.py").write_bytes(b"x = 1\ny = '\xff'\n")
    (tmp_path / "my_env/latin.py").write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xff'\n")
    (tmp_path / "my_env/odd.py").write_bytes(b"# -*- coding: no-such-thing -*-\n")
    findings = outcome_of(check(tmp_path, "S010"), "S010").findings
    assert [(finding.where, finding.message, finding.mend) for finding in findings] == [
        ("my_env/bad.py", "bad.py:2:6: not UTF-8 text", "save the file as UTF-8"),
        ("my_env/odd.py:1", "unknown encoding: no-such-thing", None),
    ]


def test_a_python_file_that_may_not_be_read_is_told_as_such(tmp_path: Path) -> None:
    (write(tmp_path, PACKAGED) / "my_env/models.py").chmod(0)
    with permissions_that_hold():
        [finding] = outcome_of(check(tmp_path, "S010"), "S010").findings
    assert finding.message.endswith("my_env/models.py: Permission denied")
    assert finding.mend == "give yourself the right to read it"


@pytest.mark.parametrize(
    ("id_", "changes", "reason"),
    [
        ("S007", {"pyproject.toml": "[project\n"}, "pyproject.toml:1: not TOML: "),
        ("S011", {"my_env/server/app.py": "def f(:\n"}, "my_env/server/app.py cannot be parsed (S010)"),
        ("H001", APPLESS, "{root}/openenv.yaml names no app, and there is no server/app.py"),
        ("H003", APPLESS, "{root}/openenv.yaml names no app, and there is no server/app.py"),
        ("B001", APPLESS, "{root}/openenv.yaml names no app, and there is no server/app.py"),
        ("H001", {"openenv.yaml": "name: [\n"}, "openenv.yaml cannot be read (S001)"),
    ],
)
def test_a_check_without_its_ground_is_not_checked_and_says_why(
    tmp_path: Path, id_: str, changes: dict[str, str | None], reason: str
) -> None:
    outcome = outcome_of(check(write(tmp_path, PACKAGED, changes), id_), id_)
    assert outcome.status is Status.NOT_CHECKED
    assert str(outcome.reason).startswith(reason.format(root=tmp_path))


def test_folders_that_are_not_the_projects_own_are_left_alone(tmp_path: Path) -> None:
    broken = {f"{folder}/x.py": "def" for folder in (".hidden", "node_modules", "venv", "x.egg-info")}
    write(tmp_path, FLAT, {**broken, "venv/pyvenv.cfg": ""})
    assert found(check(tmp_path, "S010")) == {}
