"""What only hundreds of episodes show is found as well; apart from the other defects, since it takes so many."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus import Defect, corpus, failed

from openenv.validation.play.effort import THOROUGH
from openenv.validation.reports.report import Verdict

GROWING = [defect for defect in corpus() if defect.effort == THOROUGH.name]


@pytest.mark.parametrize("defect", GROWING, ids=lambda defect: defect.name)
def test_what_grows_is_found(defect: Defect, tmp_path: Path) -> None:
    assert failed(defect.report("defect", tmp_path)) == {defect.found_by, *defect.also}


@pytest.mark.parametrize("defect", GROWING, ids=lambda defect: defect.name)
def test_what_is_steady_passes(defect: Defect, tmp_path: Path) -> None:
    report = defect.report("mended", tmp_path)
    assert report.verdict is Verdict.PASSED, [finding for one in report.outcomes for finding in one.findings]
