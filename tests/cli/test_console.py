from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
import typer

from openenv.errors import ConfigurationError, ConnectError, OpenEnvError, ServerStartError
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
        (ConnectError("nobody answers", hint="start it"), 3, ["error: nobody answers", "hint: start it"]),
        (ServerStartError("it ended", hint="mend it"), 1, ["error: it ended", "hint: mend it"]),
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


STYLED = b"\x1b["
TERMINAL = {"TERM": "xterm-256color"}


def shown_on_a_terminal(*arguments, **environ):
    """What a command writes on a terminal, on either stream."""
    main, terminal = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [sys.executable, "-m", "openenv_cli", *arguments]
    subprocess.run(command, stdout=terminal, stderr=terminal, env={**plain, **TERMINAL, **environ})
    shown = os.read(main, 10_000)
    os.close(terminal)
    os.close(main)
    return shown


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": ""}])
def test_a_terminal_shows_colour(environ):
    assert shown_on_a_terminal("init", "X", **environ).startswith(b"\x1b[1;31merror:\x1b[0m 'X' is not a name")


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["init", "X"], {"NO_COLOR": "1"}),
        (["init", "X"], {"TERM": "dumb"}),
        (["init", "X"], {"NO_COLOR": "1", "FORCE_COLOR": "1"}),
        (["init", "X", "--no-color"], {}),
        (["--no-color", "init", "X"], {}),
    ],
)
def test_colour_can_be_refused_and_no_other_style_is_left_then(arguments, environ):
    shown = shown_on_a_terminal(*arguments, **environ)

    assert shown.startswith(b"error: 'X' is not a name")
    assert STYLED not in shown


def test_what_is_no_terminal_gets_no_colour_even_by_force():
    environ = {**os.environ, **TERMINAL, "FORCE_COLOR": "1"}
    done = subprocess.run([sys.executable, "-m", "openenv_cli", "init", "X"], env=environ, capture_output=True)

    assert done.stderr.startswith(b"error: ")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OpenEnvError("it broke", hint="mend it"), {"type": "OpenEnvError", "message": "it broke", "hint": "mend it"}),
        (MissingError("no engine"), {"type": "MissingError", "message": "no engine", "hint": None}),
        (
            PermissionError(13, "Permission denied", "/x y"),
            {"type": "PermissionError", "message": "Permission denied: /x y", "hint": None},
        ),
    ],
)
def test_an_error_is_a_document_too_where_json_is_asked_for(capsys, monkeypatch, error, told):
    monkeypatch.setattr(console, "settings", console.Settings())
    plain = console.run(failing(error))
    before = capsys.readouterr()
    console.settings.json = True

    assert console.run(failing(error)) == plain
    captured = capsys.readouterr()
    assert before.out == ""
    assert json.loads(captured.out) == {"error": told}
    assert captured.err == before.err
