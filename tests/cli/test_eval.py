"""``openenv eval``."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from support.chat_server import chat_server
from support.processes import Fifo
from support.puppets import PATIENCE_S
from support.serving import serving
from support.walks import Walk, WalkObservation

from openenv.episodes import read
from openenv.errors import EnvironmentFault, InvalidActionError
from openenv.evaluation.folder import RunFolder

BOTH = "support.walks:LeftPolicy,support.walks:RightPolicy"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Walk, max_sessions=8) as served:
        yield served.url


def test_prints_a_table_and_compares(openenv: Any, url: str) -> None:
    ran = openenv("eval", url, "--policy", BOTH, "--episodes", "10")

    assert ran.code == 0
    header, left, right, compared = ran.out.splitlines()
    assert header.split()[:3] == ["policy", "episodes", "return"]
    assert left.split()[:7] == ["support.walks:LeftPolicy", "10", "-1", "[-1,", "-1]", "-1", "0%"]
    assert right.split()[:7] == ["support.walks:RightPolicy", "10", "1", "[1,", "1]", "1", "100%"]
    assert compared == (
        "support.walks:RightPolicy less support.walks:LeftPolicy: +2 [2, 2] on 10 seeds, ahead on 10, behind on 0"
    )
    assert ran.err.splitlines()[0] == "0 of 20 episodes"
    assert ran.err.splitlines()[-1] == "20 of 20 episodes"


def test_says_how_many_episodes_were_cut_short(openenv: Any, url: str) -> None:
    ran = openenv("eval", url, "--policy", "support.walks:RightPolicy", "--episodes", "4", "--max-steps", "1")
    ends = openenv(
        "eval", url, "--policy", "support.walks:RightPolicy", "--episodes", "4", "--json", "--max-steps", "9"
    )

    assert (ran.code, len(ran.out.splitlines())) == (0, 3)
    assert re.fullmatch(
        "cut short by --max-steps: support.walks:RightPolicy, [1-4] of 4 episodes", ran.out.splitlines()[2]
    )
    assert ends.document["policies"][0]["cut_short"] == 0


def test_prints_one_json_document(openenv: Any, url: str) -> None:
    ran = openenv("eval", url, "--episodes", "5", "--json", "--quiet")

    assert (ran.code, ran.err) == (0, "")
    [summary] = ran.document["policies"]
    assert (summary["policy"], summary["episodes"], summary["total_reward"]["count"]) == ("random", 5, 5)


def test_failing_episodes_are_shown_and_make_the_exit_status_1(openenv: Any, url: str) -> None:
    ran = openenv("eval", url, "--episodes", "3", "--reset", "fault=0", "--policy", "support.walks:RightPolicy")

    assert ran.code == 1
    assert ran.out.splitlines()[1].split()[-1] == "3"
    assert (
        "failed: support.walks:RightPolicy, 3 episodes (seeds 0, 1, 2), in step: ExecutionError: the walker stumbled"
        in ran.out
    )
    assert ran.err.splitlines()[-1] == "3 of 3 episodes, 3 failed"


class NamedWalk(Walk):
    """Has a name, which is text."""

    def reset(self, seed: int | None = None, game: str = "walk", level: int = 1) -> WalkObservation:  # type: ignore[override]
        if not isinstance(game, str):
            raise EnvironmentFault(f"there is no game {game}")
        return super().reset(seed)


def test_where_a_reset_fails_it_is_said_how_an_option_is_text(openenv: Any) -> None:
    with serving(NamedWalk) as served:
        as_number = openenv("eval", served.url, "--episodes", "1", "--reset", "game=2048", "--reset", "level=2")
        as_text = openenv("eval", served.url, "--episodes", "1", "--reset", 'game="2048"', "--reset", "level=2")

    assert (as_number.code, as_text.code) == (1, 0)
    assert "in reset: ExecutionError: there is no game 2048" in as_number.out
    assert as_number.err.splitlines()[-1] == (
        "hint: --reset game=2048 was read as JSON; as text it is --reset 'game=\"2048\"'; "
        "--reset level=2 was read as JSON; as text it is --reset 'level=\"2\"'"
    )
    assert "hint:" not in as_text.err


class PickyWalk(Walk):
    """Knows some games."""

    def reset(self, seed: int | None = None, game: str = "walk") -> WalkObservation:  # type: ignore[override]
        if game != "walk":
            raise InvalidActionError(f"there is no game {game!r}")
        return super().reset(seed)


@pytest.mark.parametrize(
    ("option", "said", "hint"),
    [
        ("gme=3", "reset takes no option 'gme'; it takes episode_id, game, seed", None),
        ("game=tag", "there is no game 'tag'", None),
        ('game={"rows": 0}', "there is no game {'rows': 0}", None),
        ("game=3", "there is no game 3", "--reset game=3 was read as JSON; as text it is --reset 'game=\"3\"'"),
    ],
)
def test_an_option_that_the_environment_refuses_is_said_once(
    openenv: Any, option: str, said: str, hint: str | None
) -> None:
    with serving(PickyWalk) as served:
        ran = openenv("eval", served.url, "--episodes", "50", "--policy", BOTH, "--reset", option)

    assert (ran.code, ran.out) == (2, "")
    expected = ["0 of 100 episodes", f"error: reset was refused: {said}", *([f"hint: {hint}"] if hint else [])]
    assert ran.err.splitlines() == expected


def test_keeps_a_run_and_goes_on_with_it(openenv: Any, url: str) -> None:
    command = ["eval", url, "--out", "run", "--trajectories", "--reset", "limit=2"]
    openenv(*command, "--episodes", "3")
    ran = openenv(*command, "--episodes", "5")

    assert ran.err.splitlines()[0] == "3 of 5 episodes"
    assert [one.steps is not None and one.length <= 2 for one in read("run/episodes.jsonl")] == [True] * 5


def test_a_folder_that_another_evaluation_writes_to_is_refused(openenv: Any, url: str) -> None:
    with RunFolder("run"):
        ran = openenv("eval", url, "--out", "run")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[0] == "error: another evaluation is running in run"


def test_finds_policies_in_the_current_folder(openenv: Any, url: str) -> None:
    Path("policies_of_mine.py").write_text("from support.walks import RightPolicy as Mine\n", encoding="utf-8")

    assert openenv("eval", url, "--policy", "policies_of_mine:Mine", "--episodes", "2").code == 0


def test_a_function_that_takes_an_observation_is_a_policy(openenv: Any, url: str) -> None:
    Path("functions.py").write_text("async def right(observation):\n    return {'side': 1}\n", encoding="utf-8")

    ran = openenv("eval", url, "--policy", "functions:right", "--episodes", "2", "--json")

    assert (ran.code, ran.document["policies"][0]["success"]) == (0, 1.0)


def test_lets_a_language_model_play(openenv: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with chat_server({"side": 1}) as server:
        monkeypatch.setenv("OPENENV_LLM_MODEL", "tiny")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        ran = openenv("eval", url, "--policy", "llm", "--episodes", "3", "--json", "--out", "run")

    assert ran.document["policies"][0]["success"] == 1.0
    run = json.loads(Path("run/run.json").read_text(encoding="utf-8"))
    assert run["policies"] == {"llm": f"tiny at {server.base_url}"}


def test_a_model_that_does_not_answer_is_said_with_what_would_do(
    openenv: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENENV_LLM_MODEL", "tiny")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    ran = openenv("eval", url, "--policy", "llm", "--episodes", "1", "--out", "run")

    assert ran.code == 1
    failed, hint = ran.out.splitlines()[2:]
    said = "in act: PolicyError: tiny at http://127.0.0.1:9/v1 does not answer: Connection error."
    assert failed == f"failed: llm, 1 episode (seed 0), {said}"
    assert hint == "hint: check OPENAI_BASE_URL, OPENAI_API_KEY and the model"
    [episode] = read("run/episodes.jsonl")
    assert episode.error is not None
    assert hint == f"hint: {episode.error.hint}"


def test_draws_a_plot(openenv: Any, url: str) -> None:
    ran = openenv("eval", url, "--episodes", "3", "--plot", "returns.png")

    assert ran.code == 0
    assert ran.err.splitlines()[-1] == "the plot is in returns.png"
    assert Path("returns.png").read_bytes().startswith(b"\x89PNG")


def test_asks_for_matplotlib_before_anything_is_played(openenv: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "openenv.evaluation.plot", raising=False)
    for name in [each for each in sys.modules if each.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    ran = openenv("eval", "http://127.0.0.1:9", "--plot", "returns.png")

    assert ran.code == 3
    assert "hint: pip install" in ran.err
    assert "[plot]" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reset", "limit"], "--reset: 'limit' is not of the form KEY=VALUE"),
        (["--reset", "a=1", "--reset", "a=2"], "--reset: a is given twice"),
        (["--reset", "seed=1"], "seed is no option of the reset"),
        (["--trajectories"], "--trajectories needs --out DIR"),
        (["--plot", "nowhere/returns.png"], "--plot: there is no folder"),
        (["--plot", "returns.txt"], "--plot: 'returns.txt' is of no kind that can be drawn"),
        (["--policy", "nobody"], "there is no policy 'nobody'"),
        (["--policy", ", "], "there is no policy to evaluate"),
        (["--episodes", "0"], "0 is less than 1"),
        (["--out", __file__], f"no folder can be made at {__file__}: "),
        (["--out", f"{__file__}/run"], f"no folder can be made at {__file__}/run: "),
    ],
)
def test_wrong_usage_is_said_and_nothing_is_played(openenv: Any, url: str, arguments: list[str], said: str) -> None:
    ran = openenv("eval", url, *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_server_that_is_not_there_is_something_missing(openenv: Any) -> None:
    assert openenv("eval", "http://127.0.0.1:9", "--episodes", "1").code == 3


def test_ctrl_c_leaves_finished_episodes_and_says_how_to_go_on(url: str, tmp_path: Path) -> None:
    told = Fifo(tmp_path / "told")
    (tmp_path / "waiting.py").write_text(
        "import asyncio\n"
        "class Waiting:\n"
        "    def reset(self, seed):\n"
        "        self.seed = seed\n"
        "    async def act(self, observation):\n"
        "        if self.seed == 2:\n"
        f"            open({told.path!r}, 'w').write('here')\n"
        "            await asyncio.get_running_loop().create_future()\n"
        "        return {'side': 1}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "openenv_cli", "eval", url, "--policy", "waiting:Waiting", "--episodes", "9"]
    playing = subprocess.Popen(
        [*command, "--sessions", "1", "--out", "run"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    assert told.read() == "here"

    playing.send_signal(signal.SIGINT)
    _, err = playing.communicate(timeout=PATIENCE_S)
    told.close()

    assert playing.returncode == 130
    assert err.splitlines()[-2:] == ["2 of 9 episodes are in run: the same command goes on", "interrupted"]
    assert [one.index for one in read(tmp_path / "run" / "episodes.jsonl")] == [0, 1]


def test_ctrl_c_while_the_server_starts_ends_it_without_a_word_more(openenv: Any, tmp_path: Path) -> None:
    openenv("init", "my-env")
    Path("my-env/my_env/server/app.py").write_text(
        "import os, time\n"
        "held = open(os.environ['FIFO'], 'w')\n"
        "held.write('importing')\n"
        "held.flush()\n"
        "time.sleep(600)\n",
        encoding="utf-8",
    )
    fifo = Fifo(tmp_path / "fifo")
    command = [sys.executable, "-m", "openenv_cli", "eval", "my-env"]
    environment = {**os.environ, "FIFO": fifo.path}
    playing = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert fifo.read() == "importing"

    playing.send_signal(signal.SIGINT)
    _, err = playing.communicate(timeout=PATIENCE_S)

    assert (playing.returncode, err.splitlines()) == (130, ["0 of 100 episodes", "interrupted"])
    assert fifo.read() == ""  # nobody holds it any more
    fifo.close()


def test_a_terminal_sees_a_bar(url: str, tmp_path: Path) -> None:
    command = ["-m", "openenv_cli", "eval", url, "--episodes", "4"]
    terminal = pexpect.spawn(sys.executable, command, cwd=str(tmp_path), encoding="utf-8", timeout=PATIENCE_S)
    terminal.expect("━")
    terminal.expect("random")
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 0
