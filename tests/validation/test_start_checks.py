"""Checks that import, start and stop a project: real processes, each project spoilt in one place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from lively import LIVELY
from specimens import ENVIRONMENT, FLAT, PACKAGED, UNSAID, check, found, ids_of, outcome_of, passed, write

from openenv.validation.check import registered
from openenv.validation.play.effort import DEFAULT
from openenv.validation.reports.report import Outcome, Status
from openenv.validation.serving.launch import Exit

APP = PACKAGED["my_env/server/app.py"]


def outcome_with(root: Path, code: str, spoilt: str, id_: str, **options: Any) -> Outcome:
    """How a check comes out where a piece of the environment's code is another one."""
    environment = ENVIRONMENT.replace(code, spoilt, 1)
    project = write(root, PACKAGED, {"my_env/server/environment.py": environment})
    return outcome_of(check(project, "H003", "B001", "B002", **options), id_)


@pytest.mark.parametrize("files", [LIVELY, FLAT], ids=["packaged", "flat"])
def test_a_healthy_project_passes_every_check_strictly(tmp_path: Path, files: dict[str, str]) -> None:
    report = check(write(tmp_path, files), strict=True, effort=DEFAULT)
    assert found(report) == {}
    assert passed(report) == ids_of("S", "H", "W", "B") - UNSAID


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"my_env/server/environment.py": "import no_such_module_at_all\n" + ENVIRONMENT},
            "my_env/server/environment.py:1: ModuleNotFoundError: No module named 'no_such_module_at_all'",
        ),
        (
            {"my_env/server/app.py": "app = 5\n"},
            "my_env.server.app: my_env.server.app:app is no ASGI application but a int",
        ),
        ({"my_env/server/app.py": APP + "del app\n"}, "my_env.server.app: my_env.server.app has no attribute 'app'"),
        (
            {"my_env/server/app.py": "app = 1\nraise ValueError('one\\n  two')\n"},
            "my_env/server/app.py:2: ValueError: one two",
        ),
        ({"my_env/server/app.py": "app = 1\nraise SystemExit(3)\n"}, "my_env/server/app.py:2: SystemExit: 3"),
        (
            {"my_env/server/app.py": "app = 1\nimport os\nos._exit(7)\n"},
            "my_env.server.app: the process ended with exit code 7 while it imported my_env.server.app:app",
        ),
    ],
)
def test_an_app_that_cannot_be_imported_is_found_by_h001(
    tmp_path: Path, changes: dict[str, str | None], said: str
) -> None:
    report = check(write(tmp_path, PACKAGED, changes), "S", "H001", "H002", "H003", "B")
    assert found(report) == {"H001": [said]}
    assert report.reasons()[0][0] == "H001 failed"


def test_the_users_own_frames_are_shown(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {"my_env/server/environment.py": "def f():\n    return {}['a']\n\nf()\n"}
    outcome = outcome_of(check(write(tmp_path, PACKAGED, changes), "H001"), "H001")
    assert [finding.details for finding in outcome.findings] == [
        (
            "my_env/server/app.py:2 in <module>: from my_env.server.environment import MyEnvironment",
            "my_env/server/environment.py:4 in <module>: f()",
            "my_env/server/environment.py:2 in f: return {}['a']",
        )
    ]


def test_the_hint_of_a_configuration_error_is_how_to_mend_it(tmp_path: Path) -> None:
    app = APP.replace("create_app(MyEnvironment)", "create_app(MyEnvironment())")
    [finding] = outcome_of(check(write(tmp_path, PACKAGED, {"my_env/server/app.py": app}), "H001"), "H001").findings
    assert finding.message.startswith("ConfigurationError: ")
    assert finding.where == "my_env/server/app.py:4"
    assert finding.mend == "pass the class itself: each session makes an environment of its own"


HANGS = "app = 1\nimport threading\ndef wait():\n    threading.Event().wait()\n"


@pytest.mark.parametrize("more", ["", "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"])
def test_an_import_that_never_ends_is_given_up_and_shows_where_it_waits(tmp_path: Path, more: str) -> None:
    changes: dict[str, str | None] = {"my_env/server/app.py": f"{HANGS}{more}wait()\n", "my_env/__init__.py": ""}
    [finding] = outcome_of(check(write(tmp_path, PACKAGED, changes), "H001", timeout_s=2), "H001").findings
    assert finding.message == "importing my_env.server.app:app takes longer than 2 s"
    assert finding.where == "my_env/server/app.py:4"
    assert [line.partition(":")[0] for line in finding.details] == ["my_env/server/app.py"] * 2
    assert finding.mend is not None
    assert finding.mend.startswith("let no module wait at its top")


@pytest.mark.parametrize(
    ("code", "said", "where", "mend"),
    [
        ("os._exit(0)", "ended with exit code 0", "my_env.server.app", "take out what ends the process"),
        ("os.abort()", "was killed by signal 6 (SIGABRT)", "my_env/server/app.py:3", "find what ends the process"),
    ],
)
def test_an_import_that_ends_its_process_says_how(tmp_path: Path, code: str, said: str, where: str, mend: str) -> None:
    changes: dict[str, str | None] = {"my_env/server/app.py": f"app = 1\nimport os\n{code}\n"}
    [finding] = outcome_of(check(write(tmp_path, PACKAGED, changes), "H001"), "H001").findings
    assert finding.message == f"the process {said} while it imported my_env.server.app:app"
    assert finding.where == where
    assert (finding.mend or "").startswith(mend)


def test_what_a_project_prints_while_it_is_imported_does_no_harm(tmp_path: Path) -> None:
    noise = "import os, sys\nprint('[{')\nos.write(1, b'{')\nprint('x', file=sys.stderr)\n"
    report = check(write(tmp_path, PACKAGED, {"my_env/server/app.py": noise + APP}), "H001")
    assert passed(report) == {"H001"}


def test_what_an_import_has_started_neither_delays_the_answer_nor_outlives_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    holder = f"import subprocess\nsubprocess.Popen(['sh', '-c', 'exec 3> {tmp_path}/pipe; exec cat /dev/zero >&3'])\n"
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    report = check(write(tmp_path / "p", PACKAGED, {"my_env/server/app.py": holder + APP}), "H001")
    os.set_blocking(reader, True)
    while os.read(reader, 1 << 16):
        pass  # until nobody holds the other end
    os.close(reader)
    assert passed(report) == {"H001"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"my_env/client.py": "import uvicornx\nclass MyEnv: ...\n", "my_env/__init__.py": ""},
            "my_env/client.py:1: ModuleNotFoundError: No module named 'uvicornx'",
        ),
        ({"my_env/client.py": "class MyEnv: ...\n"}, "my_env.client: my_env.client:MyEnv is no subclass of EnvClient"),
        (
            {"openenv.yaml": PACKAGED["openenv.yaml"].replace(":MyAction", ":MyObservation")},
            "my_env.models: my_env.models:MyObservation is no subclass of Action",
        ),
        (
            {
                "openenv.yaml": "name: my-env\nversion: 0.1.0\napp: my_env.server.app:app\n",
                "my_env/client.py": "class Other: ...\n",
                "my_env/__init__.py": "",
            },
            "my_env.client: my_env.client defines no subclass of EnvClient",
        ),
    ],
)
def test_classes_that_clients_cannot_use_are_found_by_h002(
    tmp_path: Path, changes: dict[str, str | None], said: str
) -> None:
    report = check(write(tmp_path, PACKAGED, changes), "S", "H001", "H002")
    assert found(report) == {"H002": [said]}


def test_a_flat_client_is_imported_below_the_packages_name(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {"client.py": FLAT["client.py"] + "assert __name__ == 'my_env.client'\n"}
    assert passed(check(write(tmp_path / "elsewhere", FLAT, changes), "H002")) == {"H002"}


def test_a_server_that_ends_at_once_is_found_by_h003(tmp_path: Path) -> None:
    app = APP + "import os\nif 'import_probe' not in ' '.join(os.sys.argv):\n    raise RuntimeError('no licence')\n"
    report = check(write(tmp_path, PACKAGED, {"my_env/server/app.py": app}), "H", "W", "B")
    assert list(found(report)) == ["H003"]
    [finding] = outcome_of(report, "H003").findings
    said = "the server of my_env.server.app:app ended with exit status 1: RuntimeError: no licence ("
    assert finding.message.startswith(said)
    assert finding.details[-1] == "RuntimeError: no licence"
    assert [reason for reason, _ in report.reasons()] == ["H003 failed", "--quick: no second server is started"]


def test_a_server_that_dies_while_it_is_checked_sets_off_one_finding(tmp_path: Path) -> None:
    environment = ENVIRONMENT.replace("self._total += action.amount", "import os; print('last words'); os._exit(9)")
    report = check(write(tmp_path, PACKAGED, {"my_env/server/environment.py": environment}))
    assert list(found(report)) == ["B002"]
    [finding] = outcome_of(report, "B002").findings
    assert finding.message == "the server ended with exit code 9"
    assert finding.details == (
        "step 1, action {}: the server closed the connection without a word in answer to step",
        "last words",
    )
    gone = "the server is gone: it ended with exit code 9"
    quick = "--quick: no second server is started"
    assert {reason for reason, _ in report.reasons()} == {gone, "B002 failed", quick}


SLOW_DEATH = """\
import os, socket, time
        for descriptor in range(3, 256):
            try:
                connection = socket.socket(fileno=os.dup(descriptor))
                if connection.family == socket.AF_INET and connection.getpeername():
                    connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        time.sleep(1)
        os._exit(9)
"""
"""Hangs up, and is gone only later: the kernel closes what a dying process has open one by one."""


def test_a_server_that_hung_up_is_given_the_time_to_be_gone_before_it_is_asked_again(tmp_path: Path) -> None:
    environment = ENVIRONMENT.replace("self._total += action.amount", SLOW_DEATH)
    report = check(
        write(tmp_path, PACKAGED, {"my_env/server/environment.py": environment}), "H003", "H011", "H012", "B002"
    )
    assert [finding.message for finding in outcome_of(report, "B002").findings] == ["the server ended with exit code 9"]
    assert outcome_of(report, "H012").reason == "the server is gone: it ended with exit code 9"


def test_a_crash_in_native_code_is_told_with_its_signal_and_line(tmp_path: Path) -> None:
    crash = "import ctypes; ctypes.string_at(0)"
    [finding] = outcome_with(tmp_path, "self._total += action.amount", crash, "B002").findings
    assert finding.message == "the server was killed by signal 11 (SIGSEGV): Fatal Python error: Segmentation fault"
    assert finding.where == "my_env/server/environment.py:17"


@pytest.mark.parametrize(
    ("code", "raises", "id_", "said", "frame"),
    [
        (
            "self._total += action.amount",
            "{}['no such piece']",
            "B002",
            "answered by error EXECUTION_ERROR: KeyError: 'no such piece' (my_env/server/environment.py:17)",
            "my_env/server/environment.py:17 in step: {}['no such piece']",
        ),
        (
            "self._total += action.amount",
            "assert False",
            "B002",
            "answered by error EXECUTION_ERROR: AssertionError (my_env/server/environment.py:17)",
            "my_env/server/environment.py:17 in step: assert False",
        ),
        (
            "return MyObservation(total=0)",
            "return MyObservation(total='many')",
            "B001",
            "reset was answered by error EXECUTION_ERROR: ValidationError: MyObservation: total: Input should be",
            "my_env/server/environment.py:13 in reset: return MyObservation(total='many')",
        ),
        (
            "self._state, self._total = State(), 0",
            "raise ValueError('no licence')",
            "B001",
            "MyEnvironment cannot be made: ValueError: no licence",
            "my_env/server/environment.py:9 in __init__: raise ValueError('no licence')",
        ),
    ],
)
def test_an_exception_is_told_with_its_class_and_the_projects_own_line(
    tmp_path: Path, code: str, raises: str, id_: str, said: str, frame: str
) -> None:
    [finding] = outcome_with(tmp_path, code, raises, id_).findings
    assert finding.message.startswith(said)
    assert finding.details[-1] == frame
    assert finding.where == frame.partition(" ")[0]
    assert finding.mend == "correct the last line that is shown"


@pytest.mark.parametrize(
    ("code", "spoilt", "id_", "said", "mend", "line"),
    [
        (
            "def step(",
            "def stepp(",
            "B001",
            "abstract method",
            "correct the environment's class: it is to be made without arguments",
            5,
        ),
        (
            "def __init__(self)",
            "def __init__(self, size: int)",
            "B001",
            "missing 1 required positional argument: 'size'",
            "correct the environment's class: it is to be made without arguments",
            5,
        ),
        ("return MyObservation(total=0)", "return None", "B001", "returned NoneType", "correct what reset returns", 11),
        ("self._total += action.amount", "return None", "B002", "returned NoneType", "correct what step returns", 15),
        (
            "return MyObservation(total=0)",
            "raise SystemError",
            "B001",
            "SystemError",
            "correct the last line that is shown",
            13,
        ),
    ],
)
def test_what_would_do_is_said_of_the_code_that_is_at_fault(
    tmp_path: Path, code: str, spoilt: str, id_: str, said: str, mend: str, line: int
) -> None:
    outcome = outcome_with(tmp_path, code, spoilt, id_)
    [finding] = outcome.findings
    assert said in finding.message
    assert "openenv/" not in finding.message
    assert str(finding.mend or outcome.check.mend).startswith(mend)
    assert finding.where == f"my_env/server/environment.py:{line}"


@pytest.mark.parametrize(
    ("code", "id_", "place"),
    [
        ("self._state, self._total = State(), 0", "B001", "the __init__ of the environment's class"),
        ("self._total += action.amount", "B002", "step"),
    ],
)
def test_code_that_does_not_return_is_told_to_be_endless(tmp_path: Path, code: str, id_: str, place: str) -> None:
    endless = "__import__('threading').Event().wait()"
    [finding] = outcome_with(tmp_path, code, endless, id_, timeout_s=3.0).findings
    assert "was not answered within 3 s" in finding.message
    assert str(finding.mend).startswith(f"look for an endless loop, or a wait that does not end, in {place};")


def test_a_reward_that_is_no_number_is_a_finding_of_the_reward_alone(tmp_path: Path) -> None:
    environment = ENVIRONMENT.replace("reward=float(before <= 20)", "reward=float('nan')")
    report = check(write(tmp_path, PACKAGED, {"my_env/server/environment.py": environment}))
    assert found(report) == {"B005": ["step 1, action {}: step returned a reward of nan; rewards are finite numbers"]}
    assert report.reasons()[0][0] == "B005 failed"


def test_a_server_that_does_not_exit_cleanly_is_found_by_h019(tmp_path: Path) -> None:
    app = "import atexit, os\natexit.register(os._exit, 5)\n" + APP
    report = check(write(tmp_path, PACKAGED, {"my_env/server/app.py": app}), "H003", "H019")
    assert found(report) == {"H019": ["None: the exit code is 5"]}


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Exit(0, 0.4), []),
        (Exit(-9, 10.0), ["it was still there 10.0 s after SIGTERM and had to be killed"]),
        (Exit(-15, 0.1), ["the exit code is -15"]),
    ],
)
def test_what_counts_as_a_clean_exit(ended: Exit, said: list[str]) -> None:
    assert [finding.message for finding in registered()["H019"].function(ended) or ()] == said


def test_nothing_is_run_with_static(tmp_path: Path) -> None:
    marker = tmp_path / "was-run"
    project = write(tmp_path / "p", PACKAGED, {"my_env/__init__.py": f"open({str(marker)!r}, 'w').close()\n"})
    report = check(project, static=True)
    assert not marker.exists()
    assert outcome_of(report, "H001").status is Status.NOT_CHECKED
    assert {reason for reason, _ in report.reasons()} == {"--static: nothing is run"}
