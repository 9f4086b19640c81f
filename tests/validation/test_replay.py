"""A failure is told as a program that runs as it is, and as a file that can be played again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from corpus import corpus
from specimens import ENVIRONMENT, PACKAGED, Counter, check, write

from openenv.discovery.target import UrlTarget
from openenv.errors import ConfigurationError
from openenv.protocol import Dialect
from openenv.validation.play.replay import Replay
from openenv.validation.play.script import Request, Script
from openenv.validation.play.snippet import snippet
from openenv.validation.reports.report import Report, Status
from openenv.validation.run import Options, validate
from openenv.validation.target import ClassTarget

SCRIPT = Script((Request("reset", {"seed": 0}), Request("step", {"amount": 1})))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whose resets keep the total."""
    changes = {"my_env/server/environment.py": ENVIRONMENT.replace("str(uuid4())), 0", "str(uuid4())), self._total")}
    return write(tmp_path_factory.mktemp("project"), PACKAGED, changes)


@pytest.fixture(scope="module")
def report(project: Path) -> Report:
    return check(project, "B")


def only_replay(report: Report) -> Replay:
    (replay,) = report.replays
    return replay


def test_the_shortest_episode_is_found(report: Report) -> None:
    replay = only_replay(report)
    assert replay.check == "B011"
    assert [(one.kind, one.data) for one in replay.scripts[0]] == [
        ("reset", {"seed": 0}),
        ("step", {}),
        ("reset", {"seed": 0}),
        ("step", {}),
    ]


def test_the_program_runs_as_it_is_and_shows_both_ways(report: Report) -> None:
    program = only_replay(report).snippet
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == 6
    assert answers[3] != answers[5]
    assert answers[4] == answers[0]


def test_what_was_kept_fails_again_and_passes_once_it_is_mended(
    report: Report, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    only_replay(report).keep()
    kept = Replay.read(Path(".openenv/B011.json"))
    assert kept == only_replay(report)
    again = check(project, replay=kept)
    assert [(one.check.id, one.status) for one in again.outcomes] == [("B011", Status.FAILED)]
    mended = write(tmp_path / "mended", PACKAGED)
    assert [one.status for one in check(mended, replay=kept).outcomes] == [Status.PASSED]
    assert Path(".openenv/.gitignore").read_text(encoding="utf-8") == "*\n"


def test_an_environment_in_this_process_is_played_by_its_class() -> None:
    (defect,) = [one for one in corpus() if one.name == "class_attribute_shared"]
    replay = only_replay(defect.report("defect", Path()))
    assert "GenericEnvClient.in_process(Twin) as env1, GenericEnvClient.in_process(Twin) as env2" in replay.snippet
    printed: list[Any] = []
    exec(compile(replay.snippet, "snippet", "exec"), {"print": printed.append})
    assert len(printed) == sum(len(script) for script in replay.scripts)


def test_v1_is_told_in_frames_and_keys_are_not_written_down() -> None:
    target = UrlTarget("http://localhost:8000")
    told = snippet(target, (SCRIPT,), Dialect.V1, key=True)
    assert "env.send" in told
    assert "'type': 'step', 'data': {'amount': 1}" in told
    assert 'os.environ["OPENENV_API_KEY"]' in told
    compile(told, "snippet", "exec")
    assert 'api_key=os.environ["OPENENV_API_KEY"]' in snippet(target, (SCRIPT,), key=True)


RESET: dict[str, Any] = {"kind": "reset", "data": {"seed": 0}, "session": 1}


def kept(*requests: dict[str, Any], **said: Any) -> str:
    whole = {"format": 1, "check": "B011", "dialect": None, "snippet": "", "scripts": [{"requests": requests}]}
    return json.dumps({**whole, **said})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no failure that was kept"),
        ("{}", "is no failure that was kept: Replay: check: "),
        ("[1]", "is no failure that was kept"),
        (kept(RESET, format=99), "is of format 99"),
        (kept(RESET, check=None), "is no failure that was kept: Replay: check: "),
        (kept(RESET, dialect="v9"), "is no failure that was kept: Replay: dialect: "),
        (kept({"a": 1}), "is no failure that was kept: Replay: scripts.0.requests.0.kind: "),
        (kept({**RESET, "kind": "foo"}), "is no failure that was kept: Replay: scripts.0.requests.0.kind: "),
        (kept({**RESET, "session": "x"}), "is no failure that was kept: Replay: scripts.0.requests.0.session: "),
        (kept(), "holds no episode"),
        (kept(RESET, scripts=[]), "holds no episode"),
        (kept({**RESET, "kind": "step"}), "holds no episode"),
        (kept({**RESET, "data": "x"}), "holds no episode"),
    ],
)
def test_other_files_are_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        Replay.read(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*none\.json: No such file"):
        Replay.read(tmp_path / "none.json")


def test_a_check_that_is_not_about_episodes_is_not_checked() -> None:
    report = validate(Counter, Options(replay=Replay("B021", (SCRIPT,))))
    assert [one.reason for one in report.outcomes] == ["B021 is not found by playing an episode again"]


def test_a_file_names_its_check_in_full() -> None:
    with pytest.raises(ConfigurationError, match="no check is called 'B'"):
        validate(Counter, Options(replay=Replay("B", (SCRIPT,))))


def test_what_is_sent_again_and_again_is_a_loop() -> None:
    script = Script((SCRIPT.requests[0], *[SCRIPT.requests[1]] * 100))
    told = snippet(UrlTarget("http://localhost:8000"), (script,))
    assert "    for _ in range(100):\n        print(ask(env.step, {'amount': 1}))\n" in told


def test_a_long_run_of_different_steps_is_a_loop() -> None:
    steps = [Request("step", {"amount": number}) for number in range(100)]
    for dialect in (None, Dialect.V1):
        told = snippet(UrlTarget("http://localhost:8000"), (Script((SCRIPT.requests[0], *steps)),), dialect)
        compile(told, "snippet", "exec")
        assert "    for action in [\n        {'amount': 0}, {'amount': 1}, " in told
        assert max(map(len, told.splitlines())) <= 120
        assert len(told.splitlines()) < 40


def test_a_long_program_is_only_in_its_file() -> None:
    steps = [Request(kind, {"amount": number}) for number in range(30) for kind in ("step", "reset")]
    script = Script((SCRIPT.requests[0], *steps))
    replay = Replay("B019", (script,), snippet=snippet(UrlTarget("http://localhost:8000"), (script,)))
    assert replay.told == [f"# {len(replay.snippet.splitlines())} lines, in .openenv/B019.py"]


def test_the_command_that_plays_it_again_can_be_pasted() -> None:
    assert Replay("B008", (SCRIPT,)).again("my env") == "openenv validate 'my env' --replay .openenv/B008.json"


class Outer:
    """Holds an environment."""

    class Inner(Counter):
        """It."""


def test_a_class_in_a_class_is_imported_by_the_outer_one() -> None:
    class Local(Counter):
        """What no module names."""

    told = snippet(ClassTarget(Outer.Inner), (SCRIPT,))
    assert "import Outer\n" in told
    assert "in_process(Outer.Inner)" in told
    compile(told, "snippet", "exec")
    assert snippet(ClassTarget(Local), (SCRIPT,)) == ""
