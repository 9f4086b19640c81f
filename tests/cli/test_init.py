from __future__ import annotations

import sys

import pexpect
import pytest
from support.templates import FILLED

from openenv_cli.naming import names_for
from openenv_cli.scaffold import TEMPLATES, render
from tests.cli.test_scaffold import tree

FILES = render(names_for("my-env"), TEMPLATES["echo"])


def test_makes_a_project_and_says_what_to_do_next(openenv, tmp_path):
    ran = openenv("init", "my-env")

    assert ran.code == 0
    assert ran.out == f"made my-env from the template echo: {len(FILES)} files in my-env\n"
    assert ran.err == (
        "next: cd my-env\n"
        "then: openenv serve, openenv validate, openenv build, openenv push\n"
        "its tests: pip install -e '.[dev]', then pytest\n"
    )
    assert tree(tmp_path / "my-env") == FILES


@pytest.mark.parametrize("template", FILLED.values(), ids=FILLED)
def test_the_extra_that_people_are_told_to_install_brings_what_the_tests_need(template):
    files = render(names_for("my-env"), template)

    assert "`pip install -e '.[dev]'`" in files["README.md"]
    assert '[project.optional-dependencies]\ndev = ["pytest' in files["pyproject.toml"]


def test_takes_another_template_and_folder(openenv, tmp_path):
    ran = openenv("init", "my_game", "--template", "game", "--path", "some where/else")

    assert ran.code == 0
    assert "next: cd 'some where/else'" in ran.err
    assert tree(tmp_path / "some where" / "else") == render(names_for("my-game"), TEMPLATES["game"])


def test_the_folder_is_called_as_the_name_was_typed(openenv, tmp_path):
    openenv("init", "my_env")

    assert tree(tmp_path / "my_env") == FILES


def test_works_in_the_folder_that_it_is_called_in(openenv, tmp_path):
    ran = openenv("init", "my-env", "--path", ".")

    assert ran.code == 0
    assert "next" not in ran.err
    assert tree(tmp_path) == FILES


def test_a_dry_run_shows_the_files_and_writes_none(openenv, tmp_path):
    (tmp_path / "my-env").mkdir()
    (tmp_path / "my-env" / "README.md").write_text("old")
    ran = openenv("init", "my-env", "--dry-run", "--force")

    first, *files = ran.out.splitlines()
    assert first == f"would make my-env from the template echo: {len(FILES)} files in my-env"
    assert files == [f"  {path}{'  (replaced)' if path == 'README.md' else ''}" for path in FILES]
    assert tree(tmp_path) == {"my-env/README.md": "old"}


@pytest.mark.parametrize("dry_run", [False, True])
def test_json_is_one_document(openenv, tmp_path, dry_run):
    ran = openenv("init", "my-env", "--json", *["--dry-run"] * dry_run)

    assert ran.err == ""
    assert ran.document == {
        "name": "my-env",
        "package": "my_env",
        "template": "echo",
        "path": str(tmp_path / "my-env"),
        "files": list(FILES),
        "replaced": [],
        "dry_run": dry_run,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "error", "hint"),
    [
        (["MyEnv"], 2, "error: 'MyEnv' is not a name: ", "hint: my-env would do"),
        ([], 2, "error: no name is given", "hint: openenv init my-env"),
        (["--no-input"], 2, "error: no name is given", "hint: openenv init my-env"),
        (["x", "--template", "gmae"], 2, "error: there is no template 'gmae'", "hint: templates: echo, game, "),
        (["taken"], 1, "error: the folder taken is not empty", "hint: --force "),
        (["x", "--path", "taken/file"], 1, "error: taken/file is a file", "hint: --path "),
    ],
)
def test_refuses_with_a_reason_and_a_hint(openenv, tmp_path, arguments, code, error, hint):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("mine")
    ran = openenv("init", *arguments)

    assert ran.code == code
    assert ran.out == ""
    first, second = ran.err.splitlines()
    assert first.startswith(error)
    assert second.startswith(hint)
    assert tree(tmp_path) == {"taken/file": "mine"}


def on_a_terminal(folder, *arguments):
    return pexpect.spawn(
        sys.executable, ["-m", "openenv_cli", "--no-color", "init", *arguments], cwd=str(folder), encoding="utf-8"
    )


def ending(terminal):
    """The exit code, and what is printed until the end."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus, terminal.before.splitlines()


def test_a_terminal_is_asked_until_the_answers_will_do(tmp_path):
    terminal = on_a_terminal(tmp_path)
    terminal.expect_exact("Name [my-env]: ")
    terminal.sendline("My Game")
    terminal.expect_exact("hint: my-game would do")
    terminal.expect_exact("Name [my-env]: ")
    terminal.sendline("my-game")
    terminal.expect_exact("game      Find the treasure")
    terminal.expect_exact("Template [echo]: ")
    terminal.sendline("chess")
    terminal.expect_exact("hint: templates: echo, game, gymnasium")
    terminal.expect_exact("Template [echo]: ")
    terminal.sendline("game")

    code, lines = ending(terminal)
    assert code == 0
    assert "made my-game from the template game: 15 files in my-game" in lines
    assert tree(tmp_path / "my-game") == render(names_for("my-game"), TEMPLATES["game"])


def test_the_defaults_will_do(tmp_path):
    terminal = on_a_terminal(tmp_path, "--template", "echo")
    terminal.expect_exact("Name [my-env]: ")
    terminal.sendline()

    assert ending(terminal)[0] == 0
    assert tree(tmp_path / "my-env") == FILES


@pytest.mark.parametrize("answers", [[], ["my-env"]])
def test_an_interrupted_question_leaves_nothing(tmp_path, answers):
    terminal = on_a_terminal(tmp_path)
    for question, answer in zip(["Name [my-env]: ", "Template [echo]: "], [*answers, None], strict=False):
        terminal.expect_exact(question)
        if answer is not None:
            terminal.sendline(answer)
    terminal.sendintr()

    code, lines = ending(terminal)
    assert code == 130
    assert lines[-1] == "interrupted"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["my-env"], ["--no-input"]])
def test_with_a_name_or_no_input_a_terminal_is_not_asked(tmp_path, arguments):
    code, lines = ending(on_a_terminal(tmp_path, *arguments))

    assert (code == 0) == ("my-env" in arguments)
    assert not [line for line in lines if line.endswith(": ")]
