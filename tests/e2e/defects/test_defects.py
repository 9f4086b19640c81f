"""Each planted defect is found by the check that should find it, and its mended twin is blamed for nothing.

What shows the defect shows nothing of the twin.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus import Defect, corpus, failed

from openenv.validation.play.effort import THOROUGH
from openenv.validation.reports.report import Status, Verdict

AT_ONCE = [defect for defect in corpus() if defect.effort != THOROUGH.name]
"""Those that are found in seconds; the others are in ``test_trends.py``."""


@pytest.mark.parametrize("defect", AT_ONCE, ids=lambda defect: defect.name)
def test_a_planted_defect_is_found(defect: Defect, tmp_path: Path) -> None:
    report = defect.report("defect", tmp_path)
    assert failed(report) == {defect.found_by, *defect.also}
    for number, replay in enumerate(report.replays):
        (outcome,) = defect.report("mended", tmp_path / str(number), replay).outcomes
        assert outcome.status is Status.PASSED, (replay, outcome)


@pytest.mark.parametrize("defect", AT_ONCE, ids=lambda defect: defect.name)
def test_its_mended_twin_passes(defect: Defect, tmp_path: Path) -> None:
    report = defect.report("mended", tmp_path)
    assert report.verdict is Verdict.PASSED, [finding for one in report.outcomes for finding in one.findings]
    finder = next(outcome for outcome in report.outcomes if outcome.check.id == defect.found_by)
    assert finder.status is Status.PASSED, finder.reason
