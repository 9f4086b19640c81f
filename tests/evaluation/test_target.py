"""Targets by name: projects, installed environments, servers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.serving import serving
from support.walks import RightPolicy, Walk, WalkAction

from openenv import EnvClient
from openenv.errors import ConfigurationError
from openenv.evaluation import evaluate
from openenv.evaluation.target import read_target
from openenv_cli.main import main

POLICIES = """
class FirstPolicy:
    def act(self, observation):
        return {"move": observation.legal_actions[0]}
"""


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A project made from the game template, with a policy of its own; its name is new in each test."""
    name = f"game{abs(hash(request.node.name)) % 10**8}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert main(["--quiet", "init", name, "--template", "game"]) == 0
    (tmp_path / name / name / "policies.py").write_text(POLICIES, encoding="utf-8")
    with (tmp_path / name / "openenv.yaml").open("a", encoding="utf-8") as manifest:
        manifest.write(f"policies:\n  first: {name}.policies:FirstPolicy\n")
    yield tmp_path / name
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[module]


def test_a_project_is_served_played_with_its_own_policies_and_stopped(game: Path) -> None:
    target = read_target(str(game))

    report = evaluate(game, ["random", "first"], episodes=4, sessions=2)

    assert [summary.errors for summary in report.policies] == [0, 0]
    assert target.policies == {"first": f"{game.name}.policies:FirstPolicy"}
    assert target.name == game.name
    assert isinstance(target.action_type(None), type)


def test_a_project_can_be_named_by_its_folder_s_name_alone(game: Path) -> None:
    assert read_target(game.name).name == game.name


def test_a_flat_project_that_is_not_installed_is_played_with_dicts(game: Path) -> None:
    package = game / game.name
    for file in package.iterdir():
        file.rename(game / file.name)
    package.rmdir()
    text = (game / "server" / "app.py").read_text(encoding="utf-8")
    (game / "server" / "app.py").write_text(text.replace(f"{game.name}.", ""), encoding="utf-8")
    text = (game / "server" / "environment.py").read_text(encoding="utf-8")
    (game / "server" / "environment.py").write_text(text.replace(f"{game.name}.", ""), encoding="utf-8")
    (game / "openenv.yaml").write_text("name: some-game\napp: server.app:app\n", encoding="utf-8")

    [summary] = evaluate(game, "random", episodes=3, sessions=2).policies

    assert (summary.policy, summary.errors) == ("random", 0)


def test_a_server_says_what_its_actions_are() -> None:
    with serving(Walk) as served:
        for url in (served.url, served.url.replace("http", "ws", 1)):
            schema = read_target(url).action_type(url)
            assert isinstance(schema, dict)
            assert schema["properties"]["side"] == WalkAction.model_json_schema()["properties"]["side"]


def test_a_server_with_a_key_is_asked_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENENV_API_KEY", "open sesame")
    with serving(Walk, api_key="open sesame") as served:
        [summary] = evaluate(served.url, "random", episodes=2).policies

    assert summary.errors == 0


def test_a_client_in_this_process_that_names_no_models_plays_all_but_those_that_need_them() -> None:
    client = EnvClient.in_process(Walk)

    assert evaluate(client, {"right": RightPolicy}, episodes=2).policies[0].errors == 0
    with pytest.raises(ConfigurationError, match="EnvClient does not say what its actions are"):
        evaluate(client, "random", episodes=2)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing-of-this-name", "no installed environment is called 'nothing-of-this-name'"),
        ("./nowhere", "no such file or folder"),
        ("http://", "is not a server's address"),
    ],
)
def test_says_what_is_wrong_with_a_target(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_target(name)
