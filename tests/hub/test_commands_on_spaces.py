"""Commands whose target is a Space."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.hub import HubUser


@pytest.fixture(autouse=True)
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")


def test_eval_of_a_space_needs_an_engine_and_says_what_does_not(openenv: Any, hub: HubUser) -> None:
    ran = openenv("eval", hub.space(), "--episodes", "1")

    assert ran.code == 3
    assert "error: no container engine answers" in ran.err
    assert "hint: start Docker; or, in Python, use_docker=False plays on the Space where it runs, and " in ran.err
    assert "commands take the URL of a Space that runs" in ran.err


def test_info_of_a_space_tells_what_it_waits_for(openenv: Any, hub: HubUser) -> None:
    space = hub.space()
    ran = openenv("info", space)

    assert ran.code == 3
    assert f"{space}: NO_APP_FILE\n" in ran.err
    assert f"error: the Space {space} does not run (NO_APP_FILE)" in ran.err


def test_a_space_is_validated_by_its_address(openenv: Any) -> None:
    ran = openenv("validate", "owner/my-env")

    assert ran.code == 2
    assert "error: owner/my-env: no such file or folder, and a Space has no files here" in ran.err
    assert "openenv info owner/my-env says at which URL it runs" in ran.err


def test_what_names_no_space_is_wrong_usage(openenv: Any) -> None:
    ran = openenv("eval", "owner/my--env")

    assert ran.code == 2
    assert "no Space can be called that" in ran.err
