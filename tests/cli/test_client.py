"""``openenv client``: a module that plays."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.serving import serving
from support.walks import Walk

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Walk, max_sessions=4) as served:
        yield served.url


def test_writes_a_module_that_plays(openenv: Any, url: str, tmp_path: Path) -> None:
    ran = openenv("client", url, "-o", "walking.py")

    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[-1] == "walking.py is written: from walking import WalkEnv"
    program = (
        "import sys; from walking import WalkEnv, WalkAction\n"
        "with WalkEnv(sys.argv[1]) as env:\n"
        "    print(env.reset(seed=1).observation.position, env.step(WalkAction(side=1)).observation.position)"
    )
    played = subprocess.run([sys.executable, "-c", program, url], cwd=tmp_path, capture_output=True, text=True)
    assert (played.stdout, played.returncode) == ("-1 0\n", 0), played.stderr


def test_prints_the_module_where_no_file_is_given(openenv: Any, url: str, tmp_path: Path) -> None:
    ran = openenv("client", url, "--quiet")
    openenv("client", url, "-o", "walking.py")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (tmp_path / "walking.py").read_text(encoding="utf-8")
    assert ran.out.startswith(f"# Made by: openenv client {url}\n")


def test_a_module_of_its_own_is_made_anew(openenv: Any, url: str, tmp_path: Path) -> None:
    assert openenv("client", url, "-o", "walking.py").code == 0
    made = (tmp_path / "walking.py").read_text(encoding="utf-8")
    (tmp_path / "walking.py").write_text(f"{made}# mine\n", encoding="utf-8")

    assert openenv("client", url, "-o", "walking.py").code == 0
    assert (tmp_path / "walking.py").read_text(encoding="utf-8") == made


def test_a_file_of_somebody_else_is_left_alone(openenv: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("answer = 42\n", encoding="utf-8")

    ran = openenv("client", "http://127.0.0.1:1", "-o", "mine.py")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        "error: -o: mine.py was not made by openenv client",
        "hint: give another name, or move it away",
    ]
    assert (tmp_path / "mine.py").read_text(encoding="utf-8") == "answer = 42\n"


@pytest.mark.parametrize(("output", "message"), [(".", "-o: . is a folder"), ("no/such.py", "-o: there is no folder ")])
def test_where_nothing_can_be_written_no_server_is_asked(openenv: Any, output: str, message: str) -> None:
    ran = openenv("client", "http://127.0.0.1:1", "-o", output)

    assert ran.code == 2
    assert ran.err.startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("output", "suggested"),
    [
        ("chess.txt", "chess.py"),
        ("chess", "chess.py"),
        ("my-chess.py", "my_chess.py"),
        ("class.py", "class_env.py"),
        ("8queens.py", "env_8queens.py"),
    ],
)
def test_what_python_cannot_import_is_no_module(openenv: Any, output: str, suggested: str, tmp_path: Path) -> None:
    ran = openenv("client", "http://127.0.0.1:1", "-o", output)

    assert ran.code == 2
    assert ran.err.splitlines() == [
        f"error: -o: Python cannot import {output} as a module",
        f"hint: for example {suggested}",
    ]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("output", ["json.py", "openenv.py", "pydantic.py"])
def test_a_module_that_would_hide_another_is_not_written(openenv: Any, output: str, tmp_path: Path) -> None:
    ran = openenv("client", "http://127.0.0.1:1", "-o", output)

    assert ran.code == 2
    assert ran.err.startswith(f"error: -o: {output} would hide another module: ")
    assert f"hint: for example {output.removesuffix('.py')}_env.py" in ran.err
    assert not list(tmp_path.iterdir())


def test_a_project_is_named_as_it_was_given(openenv: Any, tmp_path: Path) -> None:
    (tmp_path / "echo").symlink_to(ECHO)

    ran = openenv("client", "echo", "--quiet")

    assert ran.code == 0
    assert ran.out.startswith('# Made by: openenv client echo\n"""A typed client for echo-env ')
    assert str(tmp_path) not in ran.out


def test_an_unknown_target_is_wrong_usage_and_a_silent_server_is_missing(openenv: Any) -> None:
    unknown, silent = openenv("client", "nothing-like-it"), openenv("client", "http://127.0.0.1:1")

    assert (unknown.code, silent.code) == (2, 3)
    assert "error: no installed environment is called 'nothing-like-it'" in unknown.err
    assert "error: no server answers at http://127.0.0.1:1: GET /schema was not answered" in silent.err
    assert "hint: is it running there?" in silent.err


def test_the_key_of_a_protected_server_is_sent_and_not_written(openenv: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Walk, api_key="sesame") as served:
        refused = openenv("client", served.url)
        monkeypatch.setitem(os.environ, "OPENENV_API_KEY", "sesame")
        let_in = openenv("client", served.url)

    assert (refused.code, let_in.code) == (3, 0)
    assert "sesame" not in let_in.out
