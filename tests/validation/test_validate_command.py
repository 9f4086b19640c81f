"""``openenv validate``: what it prints, what it writes and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from specimens import ENVIRONMENT, PACKAGED, ids_of, served, write
from support.permissions import permissions_that_hold
from support.puppets import PATIENCE_S
from support.serving import until

from openenv.validation.check import FAMILIES
from openenv.validation.serving.processes import running
from openenv_cli import console
from openenv_cli.main import main


@pytest.fixture(autouse=True)
def _fresh_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "settings", console.Settings())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A healthy project."""
    return write(tmp_path / "my-env", PACKAGED)


def test_a_healthy_project_is_told_in_a_few_lines(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(project), "--static", "--strict"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    read, run = len(ids_of("S")) - 1, len(ids_of("H", "W", "B")) + 1  # the wheel is built
    assert lines[:5] == [
        str(project),
        f"Static: {read} passed, 1 not checked",
        *(f"{FAMILIES[family]}: {len(ids_of(family))} not checked" for family in "HWB"),
    ]
    last = ", ".join(f"{family}001 - {max(ids_of(family))}" for family in "HWB")
    assert lines[5:7] == ["Not checked:", f"  S022, {last}: --static: nothing is run"]
    assert lines[7].startswith(f"passed: {read} passed, 0 errors, 0 warnings, {run} not checked, in ")
    assert said.err == "reading the project …\n"


def test_a_finding_says_what_where_and_how_to_mend_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = project / "openenv.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8") + "prot: 1\n", encoding="utf-8")
    assert main(["--quiet", "validate", str(project), "--select", "S001"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[1:-1] == [
        "Static: 1 error",
        "  error S001  unknown key 'prot'",
        "    where: openenv.yaml:7:1",
        "    mend:  did you mean 'port'?",
    ]
    assert said.out.splitlines()[-1].startswith("failed: 0 passed, 1 error, 0 warnings, 0 not checked")
    assert said.err == ""


def test_the_frames_of_a_failed_import_are_shown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "my_env/server/app.py").write_text("app = 1 / 0\n", encoding="utf-8")
    assert main(["validate", str(project), "--select", "H001"]) == 1
    assert "    my_env/server/app.py:1 in <module>: app = 1 / 0\n" in capsys.readouterr().out


def test_warnings_count_only_with_strict(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "README.md").unlink()
    arguments = ["validate", str(project), "--static"]
    assert main(arguments) == 0
    assert "  warning S005  there is no README.md" in capsys.readouterr().out
    assert main([*arguments, "--strict"]) == 1
    assert "1 warning (which count)" in capsys.readouterr().out


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_json_is_one_document_and_nothing_else(
    project: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(project), "--select", "S00", *option]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "passed"
    assert [check["id"] for check in report["checks"]] == [f"S00{n}" for n in range(1, 10)]


@pytest.mark.parametrize(("option", "begins"), [([], "/"), (["--json"], "{"), (["--format", "junit"], "<?xml")])
def test_the_report_can_go_into_a_file(
    project: Path, option: list[str], begins: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report"
    assert main(["validate", str(project), "--static", "--output", str(file), *option]) == 0
    assert file.read_text(encoding="utf-8").startswith(begins)
    said = capsys.readouterr()
    assert said.out == ""
    assert f"the report is in {file}" in said.err


def test_a_server_by_url(capsys: pytest.CaptureFixture[str]) -> None:
    with served() as url:
        assert main(["validate", url, "--strict"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == url
    [without] = [line for line in lines if line.endswith(": the target is a URL: there is no project")]
    assert without.startswith(f"  S001 - {max(ids_of('S'))}, H001 - H003, H019")


def test_the_operators_key_reaches_a_server_that_asks_for_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(api_key="open sesame") as url:
        assert main(["validate", url]) == 3
        assert "hint: set OPENENV_API_KEY" in capsys.readouterr().err
        monkeypatch.setenv("OPENENV_API_KEY", "open sesame")
        assert main(["validate", url]) == 0
    assert "0 errors, 0 warnings" in capsys.readouterr().out


def test_nothing_checked_is_a_failure(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(project), "--static", "--select", "B"]) == 1
    assert "nothing checked: 0 passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--select", "S00X"], 2, "error: no check is called 'S00X'"),
        (["--timeout", "nan"], 2, "error: --timeout is more than 0"),
        (["--timeout", "0"], 2, "error: --timeout is more than 0"),
        (["--output", "/no/such/folder/report"], 2, "error: --output: there is no folder /no/such/folder"),
        (["--output", "."], 2, "error: --output: . is a folder"),
        (["--format", "xml"], 2, "error: "),
        (["--select", "S001", "--ignore", "S"], 2, "error: no check is left"),
    ],
)
def test_wrong_usage_ends_with_2(
    project: Path, arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(project), *arguments]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(said)


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("/no/such/project", 2, "error: /no/such/project: no such file or folder"),
        ("image:", 2, "error: 'image:' names no image\nhint: for example image:my-env:latest\n"),
        ("127.0.0.1:1", 3, "error: no server answers at http://127.0.0.1:1"),
        ("http://127.0.0.1:1", 3, "error: no server answers at http://127.0.0.1:1"),
    ],
)
def test_a_target_that_is_not_there_is_one_line_and_a_hint(
    target: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", target]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(said)
    assert "hint: " in shown.err


def test_the_time_is_told_beforehand_and_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    with served() as url:
        for option, playing, in_all in (([], 60, 180), (["--quick"], 15, 60), (["--thorough"], 600, 900)):
            main(["validate", url, "--select", "B001", *option])
            assert capsys.readouterr().err.startswith(
                f"playing them in other ways … (at most {playing} s of playing, and {in_all} s in all)\n"
            )


def test_no_time_is_told_where_nothing_is_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", str(write(tmp_path, PACKAGED)), "--select", "S001"])
    assert capsys.readouterr().err == "reading the project …\n"


def test_a_failure_is_kept_and_played_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = ENVIRONMENT.replace("str(uuid4())), 0", "str(uuid4())), self._total")
    project = write(tmp_path / "project", PACKAGED, {"my_env/server/environment.py": environment})
    assert main(["validate", str(project), "--quick", "--select", "B"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"    again: openenv validate {project} --replay .openenv/B011.json" in lines
    assert "B011 as Python:" in lines
    assert "server.stop()" in lines
    assert Path(".openenv/B011.py").read_text(encoding="utf-8").rstrip().endswith("server.stop()")
    assert main(["validate", str(project), "--replay", ".openenv/B011.json"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("failed: 0 passed, 1 error, 0 warnings, 0 not checked")
    write(project, PACKAGED)
    assert main(["validate", str(project), "--replay", ".openenv/B011.json"]) == 0


def test_a_folder_that_cannot_be_written_is_noticed_beforehand(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with permissions_that_hold():
        assert main(["validate", str(project), "--output", str(tmp_path / "closed/report")]) == 2
    assert capsys.readouterr().err.startswith("error: --output: ")


def test_the_report_is_there_also_where_nothing_can_be_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".openenv").touch()
    environment = ENVIRONMENT.replace("step_count += 1", "step_count += 2")
    project = write(tmp_path / "project", PACKAGED, {"my_env/server/environment.py": environment})
    assert main(["validate", str(project), "--quick", "--select", "B008"]) == 1
    said = capsys.readouterr()
    assert "  error B008  step_count is 2 after step 1, not 1" in said.out
    assert said.err.splitlines()[-1] == "warning: nothing is kept for --replay: .openenv: File exists"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quick", "--thorough"], "error: --quick or --thorough, not both"),
        (
            ["--static", "--replay", "/no/such/file"],
            "error: --static or --replay, not both\nhint: with --static nothing is",
        ),
        (["--static", "--quick"], "error: --static or --quick, not both"),
        (["--static", "--thorough"], "error: --static or --thorough, not both"),
        (["--replay", "/no/such/file", "--select", "B"], "error: --replay or --select, not both"),
        (["--replay", "/no/such/file", "--ignore", "B"], "error: --replay or --ignore, not both"),
        (["--replay", "/no/such/file", "--quick"], "error: --replay or --quick, not both"),
        (["--replay", "/no/such/file", "--thorough"], "error: --replay or --thorough, not both"),
        (["127.0.0.1:1", "--static"], "error: http://127.0.0.1:1 has no files here to read"),
        (["image:none", "--static"], "error: image:none has no files here to read"),
        (["--replay", "/no/such/file"], "error: cannot read /no/such/file: No such file or directory"),
    ],
)
def test_wrong_usage_of_play_ends_with_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", *arguments]) == 2
    assert capsys.readouterr().err.startswith(said)


WAITING = """
import time
from pathlib import Path

Path(__file__).with_name("pid").write_text(str(__import__("os").getpid()))
time.sleep(600)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without a signal")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_whatever_ends_it_leaves_neither_a_process_nor_a_file(number: str, tmp_path: Path) -> None:
    app = PACKAGED["my_env/server/app.py"] + "if 'import_probe' not in ' '.join(__import__('sys').argv):\n"
    waiting = "".join(f"    {line}\n" for line in WAITING.splitlines() if line)
    project = write(tmp_path / "project", PACKAGED, {"my_env/server/app.py": app + waiting})
    (tmp_path / "tmp").mkdir()
    pid = project / "my_env" / "server" / "pid"
    running_ = subprocess.Popen(
        [sys.executable, "-m", "openenv_cli", "validate", str(project), "--select", "H"],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.Signals[number], signal.SIG_DFL),  # whatever runs this test ignores
    )
    until(lambda: pid.exists() and pid.read_text(encoding="utf-8") != "")
    running_.send_signal(signal.Signals[number])
    _, said = running_.communicate(timeout=PATIENCE_S)

    assert (running_.returncode, said.splitlines()[-1]) == (130, "interrupted")
    assert list((tmp_path / "tmp").iterdir()) == []
    assert int(pid.read_text(encoding="utf-8")) not in {one.number for one in running()}
