"""Our server answers v1 exactly as openenv 0.10.0 does: see README.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from golden_player import play
from golden_scripts import SCRIPTS

from openenv.providers.process import ProcessProvider

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_answer_is_byte_for_byte_that_of_the_peer(name: str) -> None:
    recorded = transcript(name)
    provider = ProcessProvider("golden_app:app", app_dir=HERE, env_vars={"GOLDEN_ENVIRONMENT": name})
    try:
        played = play(provider.start().removeprefix("http://"), recorded)
    finally:
        provider.stop()
    assert [pair for pair in zip(_answers(recorded), _answers(played), strict=True) if pair[0] != pair[1]] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_transcript_holds_all_that_its_script_sends(name: str) -> None:
    recorded, script = transcript(name), SCRIPTS[name]
    assert [_sent(session) for session in recorded["sessions"]] == [_sent(session) for session in script["sessions"]]
    keys = ("method", "path", "body")
    assert [[one[key] for key in keys] for one in recorded["requests"]] == [
        [one[key] for key in keys] for one in script["requests"]
    ]


def transcript(name: str) -> dict[str, Any]:
    return dict(json.loads((HERE / "v1" / f"{name}.json").read_text(encoding="utf-8")))


def _answers(transcript: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Every answer beside what was sent, so that a difference can be read."""
    answers: list[tuple[Any, ...]] = []
    for session in transcript["sessions"]:
        for one in session["exchanges"]:
            answers += [(session["title"], *pair) for pair in zip(one["send"], one["receive"], strict=True)]
        answers.append((session["title"], session["end"]))
    return answers + [(one["method"], one["path"], one["body"], one["answer"]) for one in transcript["requests"]]


def _sent(session: dict[str, Any]) -> tuple[Any, ...]:
    exchanges = [one["send"] for one in session["exchanges"]]
    return session["title"], session["beside"], exchanges, session["end"] and session["end"]["send"]
