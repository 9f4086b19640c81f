"""Checks of a project's files: each one fails for its own reason and no other one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from specimens import FLAT, PACKAGED, check, found, ids_of, outcome_of, passed, write
from spoilt_projects import APPLESS, DYNAMIC, MANIFEST, PYPROJECT, SPOILT
from support.permissions import permissions_that_hold

from openenv.validation.reports.report import Status


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
