"""Environments whose reset cannot do without an option: the manifest names it, and every check gives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from specimens import ENVIRONMENT, PACKAGED, check, found, outcome_of, write

from openenv.validation.play.effort import DEFAULT
from openenv.validation.reports.report import Status, Verdict
from openenv.validation.run import Options, validate

NEEDY = ENVIRONMENT.replace("def reset(self, ", "def reset(self, task: str, ").replace(
    "return MyObservation(total=0)", 'return MyObservation(total={"easy": 0}[task])'
)


def project(root: Path, environment: str = NEEDY, claims: str = "") -> Path:
    manifest = f"{PACKAGED['openenv.yaml']}validation: {{{claims}}}\n"
    return write(root, PACKAGED, {"openenv.yaml": manifest, "my_env/server/environment.py": environment})


def test_every_reset_of_every_check_gets_what_the_manifest_names(tmp_path: Path) -> None:
    options = Options(effort=DEFAULT, ignore=("S",))
    report = validate(str(project(tmp_path, claims="reset: {task: easy}")), options)
    assert report.verdict is Verdict.PASSED, found(report)
    for id_ in ("B010", "B012", "H010", "H015", "W002", "W007", "W012", "W013", "W014"):
        assert outcome_of(report, id_).status is Status.PASSED, id_


@pytest.mark.parametrize(
    ("claims", "said", "where", "mend"),
    [
        (
            "",
            "missing 1 required positional argument: 'task'",
            "my_env/server/environment.py:11",
            "give task a default, or a value in openenv.yaml: validation: {reset: {task: …}}",
        ),
        ("reset: {tsk: easy}", "reset takes no option 'tsk'", "openenv.yaml:7:27", "did you mean 'task'?"),
        ("reset: {task: hard}", "KeyError: 'hard'", "my_env/server/environment.py:13", "correct the last line"),
    ],
)
def test_an_option_that_is_missing_or_unknown_is_told_with_its_place(
    tmp_path: Path, claims: str, said: str, where: str, mend: str
) -> None:
    report = check(project(tmp_path, claims=claims), "H003", "B001", "B002")
    [finding] = outcome_of(report, "B001").findings
    assert said in finding.message
    assert finding.where == where
    assert str(finding.mend).startswith(mend)


def test_the_program_that_shows_a_failure_gives_the_option_too(tmp_path: Path) -> None:
    broken = NEEDY.replace("self._state.step_count += 1", "self._state.step_count += 2")
    report: Any = check(project(tmp_path, broken, "reset: {task: easy}"), "H003", "B001", "B002", "B007", "B008")
    [finding] = outcome_of(report, "B008").findings
    assert "env.reset, task='easy', seed=0" in finding.replay.snippet
