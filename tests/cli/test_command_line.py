from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from openenv.version import VERSION
from openenv_cli import console
from openenv_cli.main import COMMANDS, EXAMPLES, load

HEAVY = {
    *("asyncio", "docker", "fastapi", "huggingface_hub", "jinja2", "pydantic", "rich.console", "starlette"),
    *("uvicorn", "websockets", "yaml"),
}

SERVE_HINT = "openenv serve --help shows what it takes"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["-h"]])
def test_help_imports_nothing_heavy(arguments):
    script = (
        "import sys; from openenv_cli.main import main; main(sys.argv[1:]); "
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)

    assert not HEAVY & set(done.stderr.split())
    assert not [name for name in done.stderr.split() if name.startswith("openenv_cli.commands.")]


def test_version(openenv):
    assert openenv("--version") == (0, f"openenv-kit {VERSION}\n", "")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_the_commands_and_the_exit_codes(openenv, flag):
    ran = openenv(flag)

    assert ran.code == 0
    for text in (*COMMANDS, *COMMANDS.values(), *console.EXIT_CODES.values()):
        assert text in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_of_itself_what_the_list_says(openenv, name):
    command = load(name)

    assert command.help.splitlines()[0] == COMMANDS[name]
    assert openenv(name, "-h").out.startswith(f"Usage: openenv {name} ")


@pytest.mark.parametrize(("name", "example"), [(name, one) for name in COMMANDS for one in EXAMPLES[name]])
def test_every_example_in_the_help_is_a_call_that_is_understood(openenv, name, example):
    program, called, *words = shlex.split(example)

    assert (program, called) == ("openenv", name)
    assert load(name).make_context(name, words).args == []
    assert f"\n    {example}  " in openenv(name, "--help").out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_says_how_it_ends_and_fits_on_a_screen(openenv, name):
    ran = openenv(name, "--help")

    assert all(f" {code}  {meaning}\n" in ran.out for code, meaning in console.EXIT_CODES.items())
    assert max(map(len, ran.out.splitlines())) <= 100


def test_no_command_shows_the_help_and_is_wrong_usage(openenv):
    ran = openenv()

    assert ran.code == 2
    assert "Commands:" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["inti"], "no such command 'inti'. Did you mean 'init', 'client'?", "openenv --help shows what it takes"),
        (["init", "x", "--forse"], "no such option: --forse", "openenv init --help shows what it takes"),
        (["init", "x", "y"], "got unexpected extra argument(s) (y)", "openenv init --help shows what it takes"),
        (["serve", "--port", "abc"], "invalid value for '--port': 'abc' is not a whole number", SERVE_HINT),
        (["serve", "--port", "65536"], "invalid value for '--port': 65536 is more than 65535", SERVE_HINT),
        (["serve", "--max-sessions", "0"], "invalid value for '--max-sessions': 0 is less than 1", SERVE_HINT),
        (["serve", "--isolation", "x"], "invalid value for '--isolation': 'x' is not one of 'thread'", SERVE_HINT),
        (["init", "x", "--path"], "option '--path' requires an argument", "openenv --help shows what it takes"),
    ],
)
def test_wrong_usage_is_one_line_and_a_hint(openenv, arguments, error, hint):
    ran = openenv(*arguments)

    first, second = ran.err.splitlines()
    assert ran.code == 2
    assert ran.out == ""
    assert first.lower().startswith(f"error: {error}".lower())
    assert second == f"hint: {hint}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["init", "Wrong", "--json"],
        ["--json", "init"],
        ["init", "x", "--json", "--forse"],
        ["serve", "--json"],
        ["validate", "nowhere", "--json"],
        ["validate", "nowhere", "--format", "json"],
        ["validate", "nowhere", "--format=json"],
    ],
)
def test_with_json_what_is_wrong_stands_on_stdout_too(openenv, arguments):
    ran = openenv(*arguments)

    told = ran.document["error"]
    assert ran.code == 2
    assert set(told) == {"type", "message", "hint"}
    assert ran.err == f"error: {told['message']}\nhint: {told['hint']}\n"


@pytest.mark.parametrize("where", ["while_it_is_imported", "while_a_command_is_imported"])
def test_ctrl_c_is_one_quiet_line_from_the_first_moment(where):
    wanted = {"while_it_is_imported": "openenv_cli.console", "while_a_command_is_imported": "openenv_cli.commands.init"}
    script = f"""
import signal, sys
class PressCtrlC:
    def find_spec(name, *_):
        if name == {wanted[where]!r}:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, PressCtrlC)
from openenv_cli.__main__ import main
sys.argv[1:] = ["init", "x", "--dry-run"]
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


@pytest.mark.parametrize("arguments", [["--debug", "init", "Wrong"], ["init", "Wrong", "--debug"]])
def test_debug_shows_the_traceback_wherever_it_stands(openenv, arguments):
    ran = openenv(*arguments)

    assert "Traceback (most recent call last)" in ran.err
    assert "error: 'Wrong' is not a name" in ran.err


def test_quiet_leaves_results_and_errors(openenv):
    ran = openenv("init", "my-env", "--quiet")

    assert ran.out
    assert ran.err == ""
    assert openenv("init", "my-env", "--quiet").err.startswith("error: ")


def test_both_streams_in_one_file_keep_their_order(tmp_path):
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "openenv_cli", "init", "my-env"]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(command, cwd=tmp_path, env=environ, check=True, **pipe)

    assert [line.split()[0] for line in done.stdout.splitlines()] == ["made", "next:", "then:", "its"]


def test_a_reader_that_leaves_is_no_error():
    script = "from openenv_cli.main import main; raise SystemExit(main(['--help']))"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
