"""What holds for every test."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None, max_examples=50)  # how long one example takes proves nothing
settings.load_profile("here")

# A shell starts what it puts in the background deaf to Ctrl-C, and so would be every process that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test is a failure: everything that it needs has been set up."""
    report = yield
    return _strict(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, Any]:
    """The same for a module that skips itself."""
    report = yield
    return _strict(report)


def _strict(report: Any) -> Any:
    if os.environ.get("CI") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
