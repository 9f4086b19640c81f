"""How environments are closed: what is noted of it, and what the log tells."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from openenv.validation.check import registered
from openenv.validation.serving.watched import watch

CODE = """
class Kept:
    closed = 0

    def reset(self):
        self.close()

    def close(self):
        self.closed += 1
"""


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An environment's class in a module of its own; it closes itself before each episode."""
    (tmp_path / "kept.py").write_text(CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "kept", raising=False)
    kind = importlib.import_module("kept").Kept
    watch(kind)
    return kind


def test_a_second_close_is_noted_with_who_asked_for_it(watched: Any, caplog: pytest.LogCaptureFixture) -> None:
    environment = watched()
    environment.close()
    environment.reset()
    assert caplog.records == []  # its own class may close it as often as it likes
    environment.close()
    [record] = caplog.records
    assert record.message == "Kept was closed by somebody else before"
    assert __file__ in str(record.stack_info)
    assert environment.closed == 3


def test_what_has_slots_can_be_watched(caplog: pytest.LogCaptureFixture) -> None:
    class Slotted:
        __slots__ = ()

        def close(self) -> None: ...

    watch(Slotted)
    Slotted().close()
    assert caplog.records == []


class Log:
    """A server of which only the log is left."""

    def __init__(self, *lines: str) -> None:
        self.log = lines


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], []),
        (["INFO: hello", "ERROR:    session 1: step failed: KeyError"], []),
        (
            ["ERROR:    session 1: close failed: close raised ValueError: no window", "Traceback …", "ERROR:    more"],
            ["close raised ValueError: no window"],
        ),
        (
            ["ERROR:    MyEnvironment was closed by somebody else before", "Stack …"],
            ["it was closed again after it had been closed"],
        ),
    ],
)
def test_the_log_tells_how_environments_were_closed(lines: list[str], said: list[str]) -> None:
    findings = registered()["W015"].function(Log(*lines)) or ()
    assert [finding.message for finding in findings] == said
