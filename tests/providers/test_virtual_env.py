"""What a project needs is installed apart, once, whoever asks for it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.puppets import PATIENCE_S
from support.serving import tapped_log
from support.tiny_wheels import write_project, write_wheel

from openenv.errors import ServerStartError
from openenv.providers.patience import Patience
from openenv.providers.virtual_env import VirtualEnv, VirtualEnvError, cache

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No index is asked, and nothing of the user's is touched; uv, which is quick, is on the path."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One that brings what it needs."""
    root = write_project(tmp_path / "game", "dice>=1")
    write_wheel(root / "wheels", "dice", module="SIDES = 6")
    return root


def made(root: Path, patience: Patience | None = None) -> VirtualEnv:
    return VirtualEnv.of(root, "games/game", patience or Patience())


def imported(found: VirtualEnv, module: str) -> subprocess.CompletedProcess[str]:
    command = [str(found.python), "-I", "-c", f"import {module}; print({module}.__file__)"]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def left() -> list[str]:
    return [path.name for path in cache().iterdir()] if cache().is_dir() else []


def test_a_project_gets_what_it_needs_once_and_nothing_of_this_process(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(path.relative_to(project) for path in project.rglob("*"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with tapped_log("openenv.providers") as log:
        first = made(project)
    assert {"dice", "game"} <= first.distributions
    assert imported(first, "dice").stdout.startswith(str(first.home))
    assert "No module named 'openenv'" in imported(first, "openenv").stderr
    assert (first.project / "game.py").is_file()
    assert sorted(path.relative_to(project) for path in project.rglob("*")) == before
    assert log.find("games/game", "installing what it needs")

    monkeypatch.setattr("subprocess.Popen", None)  # the second time nothing is run
    assert made(project) == first
    (project / "game.py").write_text("WHO = 'another'\n", encoding="utf-8")
    with pytest.raises(TypeError):
        made(project)


def test_without_uv_python_and_pip_do_the_same(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    assert shutil.which("uv") is None
    for name in ("pip.py", "venv.py"):  # lie where it is called, and are nobody's business
        (tmp_path / name).write_text("raise SystemExit('imported')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = made(project)
    assert {"dice", "game", "pip"} <= found.distributions
    assert imported(found, "dice").stdout.startswith(str(found.home))


def test_what_cannot_be_installed_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    root = write_project(tmp_path / "game", "no-such-thing-anywhere")
    with pytest.raises(VirtualEnvError, match="what games/game needs cannot be installed") as told:
        made(root)
    assert "no-such-thing-anywhere" in told.value.message
    assert "no-such-thing-anywhere" in told.value.data["log"]
    assert left() == []


def test_a_folder_that_takes_nothing_is_named(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(VirtualEnvError, match=f"games/game cannot be installed into {tmp_path}/file/openenv") as told:
        made(project)
    assert "XDG_CACHE_HOME" in str(told.value.hint)


def test_two_processes_that_ask_at_once_share_one(project: Path) -> None:
    script = (
        "import json, logging, sys; from pathlib import Path\n"
        "from openenv.providers.patience import Patience\n"
        "from openenv.providers.virtual_env import VirtualEnv\n"
        "said = []; logging.getLogger('openenv').setLevel('INFO')\n"
        "handler = logging.Handler(); handler.emit = lambda record: said.append(record.getMessage())\n"
        "logging.getLogger('openenv').addHandler(handler)\n"
        "home = VirtualEnv.of(Path(sys.argv[1]), 'games/game', Patience()).home\n"
        "print(json.dumps([str(home), [line for line in said if 'installing what' in line]]))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(project)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(2)
    ]
    answers = [json.loads(process.communicate(timeout=PATIENCE_S)[0]) for process in both]
    assert answers[0][0] == answers[1][0]
    assert sorted(len(said) for _, said in answers) == [0, 1]


def test_what_a_killed_process_has_begun_is_made_anew(project: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from openenv.providers import virtual_env\n"
        "from openenv.providers.patience import Patience\n"
        "virtual_env._run = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "virtual_env.VirtualEnv.of(Path(sys.argv[1]), 'games/game', Patience())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", script, str(project)], env=environment, timeout=PATIENCE_S)
    assert killed.returncode == -signal.SIGKILL
    assert sorted(Path(name).suffix for name in left()) == ["", ".lock"]
    found = made(project)
    assert "dice" in found.distributions
    assert left() == [found.home.name]


def test_whoever_gives_up_ends_the_installer(project: Path) -> None:
    (project / "backend.py").write_text("import time\nprint('begun', flush=True)\ntime.sleep(600)\n", encoding="utf-8")
    patience = Patience()
    with tapped_log("openenv.providers") as log:
        losing = threading.Thread(target=lambda: (log.wait_for("installing what it needs"), patience.lose()))
        losing.start()
        with pytest.raises(ServerStartError, match="it was stopped while it started"):
            made(project, patience)
        losing.join()
    assert left() == []


def test_one_that_depends_on_another_runtime_gets_none_of_ours_beside_it(tmp_path: Path) -> None:
    root = write_project(tmp_path / "game", "openenv-core>=0.2")
    for name in ("openenv-core", "openenv-kit"):
        write_wheel(root / "wheels", name)
    assert made(root).distributions & {"openenv", "openenv-core", "openenv-kit"} == {"openenv-core"}


def test_one_that_brings_our_runtime_gets_that(tmp_path: Path) -> None:
    root = write_project(tmp_path / "game")
    write_wheel(root / "wheels", "openenv-kit", version="0.0.1")
    assert "openenv-kit" in made(root).distributions


def test_two_runtimes_in_one_place_are_refused(tmp_path: Path) -> None:
    root = write_project(tmp_path / "game", "innocent")
    write_wheel(root / "wheels", "innocent", "openenv")
    for name in ("openenv", "openenv-kit"):
        write_wheel(root / "wheels", name)
    with pytest.raises(VirtualEnvError, match="games/game brings openenv and openenv-kit, which overwrite each other"):
        made(root)
    assert left() == []


def test_a_list_of_requirements_will_do(tmp_path: Path) -> None:
    root = tmp_path / "game"
    write_wheel(root / "wheels", "dice")
    (root / "server").mkdir()
    (root / "server" / "requirements.txt").write_text("dice\n", encoding="utf-8")
    assert "dice" in made(root).distributions


def test_a_project_that_does_not_say_what_it_needs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "game").mkdir()
    with pytest.raises(VirtualEnvError, match=r"neither pyproject\.toml nor server/requirements\.txt"):
        made(tmp_path / "game")
