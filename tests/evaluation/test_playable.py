"""Targets by name: projects, installed environments, servers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.serving import serving
from support.walks import RightPolicy, Walk

from openenv import EnvClient, GenericEnvClient
from openenv.errors import ConfigurationError
from openenv.evaluation import evaluate
from openenv.evaluation.playable import Playable
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
    target = Playable.of(str(game))

    report = evaluate(game, ["random", "first"], episodes=4, sessions=2)

    assert [summary.errors for summary in report.policies] == [0, 0]
    assert target.policies == {"first": f"{game.name}.policies:FirstPolicy"}
    assert target.name == game.name
    assert isinstance(target.action, type)


def test_a_kept_run_tells_a_project_s_policy_from_one_s_own_of_the_same_name(game: Path, tmp_path: Path) -> None:
    evaluate(game, {"first": "first"}, episodes=1, out=tmp_path / "run")
    policies = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["policies"]

    assert policies == {"first": f"{game.name}.policies:FirstPolicy"}
    with pytest.raises(ConfigurationError, match="RightPolicy"):
        evaluate(game, {"first": RightPolicy}, episodes=1, out=tmp_path / "run")


def test_a_project_can_be_named_by_its_folder_s_name_alone(game: Path) -> None:
    assert Playable.of(game.name).name == game.name


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


def test_a_server_with_a_key_is_asked_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENENV_API_KEY", "open sesame")
    with serving(Walk, api_key="open sesame") as served:
        [summary] = evaluate(served.url, "random", episodes=2).policies

    assert summary.errors == 0


def test_a_client_with_a_key_needs_no_other_to_learn_what_the_actions_are() -> None:
    with serving(Walk, api_key="open sesame") as served:
        [summary] = evaluate(GenericEnvClient(served.url, api_key="open sesame"), "random", episodes=2).policies

    assert summary.errors == 0


def test_an_address_needs_no_scheme() -> None:
    with serving(Walk) as served:
        assert evaluate(served.url.removeprefix("http://"), "random", episodes=2).failed == ()


def test_the_password_of_an_address_is_in_no_name() -> None:
    assert Playable.of("http://me:secret@localhost:1").name == "http://localhost:1"


def test_a_client_in_this_process_that_names_no_models_plays_all_but_those_that_need_them() -> None:
    client = EnvClient.in_process(Walk)

    assert evaluate(client, {"right": RightPolicy}, episodes=2).policies[0].errors == 0
    with pytest.raises(ConfigurationError, match="EnvClient does not say what it plays"):
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
        Playable.of(name)
