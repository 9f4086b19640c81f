from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
import typer

from openenv.errors import ConfigurationError, ConnectError, OpenEnvError
from openenv_cli import console
from openenv_cli.errors import MissingError, UsageError


def failing(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (OpenEnvError("it broke", hint="mend it"), 1, ["error: it broke", "hint: mend it"]),
        (ConfigurationError("it broke"), 1, ["error: it broke"]),
        (UsageError("not so"), 2, ["error: not so"]),
        (MissingError("no engine"), 3, ["error: no engine"]),
        (ConnectError("nobody answers"), 3, ["error: nobody answers"]),
        (KeyboardInterrupt(), 130, ["interrupted"]),
        (typer.Abort(), 130, ["interrupted"]),
        (PermissionError(13, "Permission denied", "/x y"), 1, ["error: Permission denied: /x y"]),
        (ZeroDivisionError("oops"), 1, ["error: ZeroDivisionError: oops", "hint: --debug shows where it happened"]),
    ],
)
def test_every_failure_has_an_exit_code_and_one_line(capsys, error, code, lines):
    assert console.run(failing(error)) == code

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == lines


def test_the_result_of_a_command_is_its_exit_code():
    assert console.run(lambda: None) == 0
    assert console.run(lambda: 1) == 1


def test_text_is_never_markup_and_never_wrapped(capsys):
    path = "/a/" + "very long/" * 40 + "[bold]name[/bold]:smile:"
    console.out(path)
    console.note(path)

    assert capsys.readouterr() == (f"{path}\n", f"{path}\n")


def test_an_error_stays_one_line_and_cannot_drive_the_terminal(capsys):
    console.error("first\n\n  second \x1b[31mred\x07", hint="a\nb")

    assert capsys.readouterr().err == "error: first second \\x1b[31mred\\x07\nhint: a b\n"


def test_a_document_is_json_that_people_can_read_too(capsys):
    console.document({"name": "münster", "files": []})

    assert capsys.readouterr().out == '{\n  "name": "münster",\n  "files": []\n}\n'


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_document_is_json_in_every_encoding(encoding):
    script = "from openenv_cli.main import main; main(['init', 'x', '--dry-run', '--json', '--path', 'mün/日本'])"
    environ = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, check=True)

    assert json.loads(done.stdout.decode(encoding))["path"].endswith("/mün/日本")


@pytest.mark.parametrize(("color", "colored"), [(True, True), (False, False)])
def test_colour_is_for_terminals_and_can_be_refused(color, colored):
    script = f"from openenv_cli import console; console.settings.color = {color}; console.error('x')"
    main, terminal = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color"}
    environ.pop("NO_COLOR", None)
    subprocess.run([sys.executable, "-c", script], stderr=terminal, env=environ, check=True)
    shown = os.read(main, 1000)
    os.close(terminal)
    os.close(main)

    assert shown.endswith(b" x\r\n")
    assert (b"\x1b[" in shown) is colored
