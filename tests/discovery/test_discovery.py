"""From names to clients."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from support.installing import install
from support.serving import serving
from support.walks import Walk

import openenv
from openenv import AutoAction, AutoEnv, EnvClient, GenericAction, GenericEnvClient
from openenv.discovery.classes import class_by_starting
from openenv.discovery.discovered import DiscoveredEnvClient
from openenv.discovery.names import class_name_of, key_of, near
from openenv.discovery.packages import installed_environments
from openenv.errors import ConfigurationError, ConnectError
from openenv.providers import ProcessProvider


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    "name", ["coding", "coding-env", "coding_env", "Coding", "openenv-coding-env", "openenv_coding"]
)
def test_all_spellings_of_a_name_mean_the_same(site: Path, name: str) -> None:
    install(site, "coding_env", name="Coding")
    assert AutoEnv.get_env_class(name).__name__ == "CodingEnv"
    assert AutoAction.from_env(name).__name__ == "CodingAction"


def test_names_are_reduced_to_what_their_spellings_share() -> None:
    assert {key_of(name) for name in ("my-env", "my_env", "My", "openenv-my-env")} == {"my"}
    assert key_of("env") == "env"
    assert key_of("my_env_tool") == "my_env_tool"
    assert class_name_of("my-env-tool", "Env") == "MyEnvToolEnv"


def test_near_names_are_found() -> None:
    known = ["coding", "chess-env", "browser-gym", "web"]
    assert near("codign", known) == ["coding"]
    assert near("chess_board", known) == ["chess-env"]
    assert near("gym", known) == ["browser-gym"]
    assert near("zzz", known) == []


def test_an_unknown_name_is_an_error_that_names_near_ones(site: Path) -> None:
    install(site, "coding_env", name="Coding")
    with pytest.raises(ConfigurationError, match="did you mean coding_env") as caught:
        AutoEnv.from_env("codign")
    assert caught.value.data["near"] == ["coding_env"]
    assert "coding_env" in str(caught.value.hint)
    assert isinstance(caught.value, ValueError)


def test_an_entry_point_names_an_environment_whatever_its_distribution_is_called(site: Path) -> None:
    install(site, "chess_game", name="Chess", distribution="grandmaster", entry_point="chess-env")
    assert AutoEnv.get_env_class("chess").__name__ == "ChessEnv"
    assert AutoEnv.get_env_class("chess_game").__name__ == "ChessEnv"
    info = AutoEnv.get_env_info("chess")
    assert info["version"] == "1.2"
    assert info["app"] == "chess_game.server.app:app"


def test_the_manifest_says_what_breaks_the_convention(site: Path) -> None:
    install(
        site,
        "odd_package",
        name="Odd",
        client="Player",
        entry_point="odd",
        manifest="name: strange-env\nversion: 0.1.0\ndescription: It is strange.\n"
        "app: odd_package.server.app:app\nclient: odd_package.client:Player\naction: odd_package.models:OddAction\n",
    )
    assert AutoEnv.get_env_class("strange").__name__ == "Player"
    assert AutoEnv.get_env_class("odd-package").__name__ == "Player"
    assert AutoAction.from_env("strange").__name__ == "OddAction"
    assert AutoEnv.get_env_info("strange")["description"] == "It is strange."


def test_a_deployed_manifest_with_bare_class_names_is_read(site: Path) -> None:
    install(
        site,
        "julia_env",
        name="Julia",
        manifest="name: julia_env\nversion: 0.1.0\naction: JuliaAction\napp: server.app:app\n",
    )
    assert AutoAction.from_env("julia").__name__ == "JuliaAction"
    assert AutoEnv.get_env_info("julia")["app"] == "julia_env.server.app:app"


def test_the_only_client_of_a_module_is_found_under_any_name(site: Path) -> None:
    install(site, "kernrl", name="Kernel", client="KernelGym", top_level="kernrl\n", distribution="openenv-kernel-rl")
    assert AutoEnv.get_env_class("kernrl").__name__ == "KernelGym"
    assert AutoAction.from_env("kernrl").__name__ == "KernelAction"


def test_a_manifest_that_is_no_text_is_an_error_when_it_is_needed(site: Path) -> None:
    install(site, "coding_env", name="Coding")
    (site / "coding_env" / "openenv.yaml").write_bytes(b"name: \xff\n")
    assert [environment.name for environment in AutoEnv.list_environments()] == ["coding_env"]
    with pytest.raises(ConfigurationError, match=r"openenv\.yaml:1:7: not UTF-8 text"):
        AutoEnv.get_env_class("coding")


def test_a_package_without_a_client_says_so(site: Path) -> None:
    install(site, "mute_env", name="Mute")
    (site / "mute_env" / "client.py").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no class of clients"):
        AutoEnv.get_env_class("mute")


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        (
            "\nimport no_such_module_anywhere",
            "No module named 'no_such_module_anywhere'",
            "install what has the module",
        ),
        ("\nimport torn_env.lost", "No module named 'torn_env.lost'", "mend the package torn_env"),
        ("\nx = = 1", "SyntaxError: invalid syntax", "mend the package torn_env"),
        ("\nimport json; json.loads('')", "JSONDecodeError: Expecting value", "mend the package torn_env"),
    ],
)
def test_a_package_that_cannot_be_imported_says_why_and_where(site: Path, text: str, words: str, hint: str) -> None:
    install(site, "torn_env", name="Torn")
    models = site / "torn_env" / "models.py"
    models.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"torn_env: cannot import torn_env\.client") as caught:
        AutoEnv.get_env_class("torn")
    assert words in caught.value.message
    assert caught.value.message.endswith(f"({models}:2)")
    assert hint in str(caught.value.hint)


def test_a_package_whose_manifest_is_broken_says_so(site: Path) -> None:
    install(site, "torn_env", name="Torn", manifest="name: [")
    with pytest.raises(ConfigurationError, match=r"openenv\.yaml"):
        AutoEnv.get_env_class("torn")


KEPT = "name: kept\nversion: 0.1.0\ndescription: It is kept.\napp: kept_env.server.app:app\n"


def test_the_manifest_of_an_editable_install_stands_above_its_package(site: Path) -> None:
    install(site, "kept_env", name="Kept", entry_point="kept")
    write_beside(site, KEPT)
    info = AutoEnv.get_env_info("kept")
    assert (info["description"], info["app"]) == ("It is kept.", "kept_env.server.app:app")


@pytest.mark.parametrize("manifest", [KEPT, "name: ["])
def test_a_manifest_that_lies_beside_installed_packages_is_none_of_theirs(site: Path, manifest: str) -> None:
    install(site, "first_env", name="First")
    (site / "openenv.yaml").write_text(manifest, encoding="utf-8")
    info = AutoEnv.get_env_info("first")
    assert (info["name"], info["description"], info["app"]) == ("first_env", None, "first_env.server.app:app")
    assert AutoEnv.get_env_class("first").__name__ == "FirstEnv"


def test_the_manifest_of_a_project_is_that_of_its_own_package_alone(site: Path) -> None:
    install(site, "first_env", name="First")
    write_beside(site, KEPT)
    info = AutoEnv.get_env_info("first")
    assert (info["name"], info["description"]) == ("first_env", None)


def write_beside(site: Path, manifest: str) -> None:
    """Make a project of the folder that packages are in."""
    (site / "openenv.yaml").write_text(manifest, encoding="utf-8")
    (site / "pyproject.toml").write_text("[project]\nname = 'kept-env'\n", encoding="utf-8")


def test_environments_are_listed_without_importing_them(site: Path) -> None:
    install(site, "first_env", name="First", manifest="name: first\nversion: 0.1.0\n")
    install(site, "second_env", name="Second")
    (site / "second_env" / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    found = {each.package: each for each in AutoEnv.list_environments()}
    assert {"first_env", "second_env"} <= found.keys()
    assert found["first_env"].version == "1.2"
    assert "first_env" not in sys.modules


def test_what_is_installed_or_removed_later_counts_at_once(site: Path) -> None:
    assert not [each for each in installed_environments() if each.package == "late_env"]
    install(site, "late_env", name="Late")
    assert [each for each in installed_environments() if each.package == "late_env"]
    (site / "openenv_late_env-1.2.dist-info" / "METADATA").unlink()
    (site / "openenv_late_env-1.2.dist-info").rmdir()
    assert not [each for each in installed_environments() if each.package == "late_env"]


def test_the_tools_themselves_are_not_environments(site: Path) -> None:
    for name in ("openenv-core", "openenv-kit"):
        install(site, name.replace("-", "_"), distribution=name)
    assert not {each.package for each in installed_environments()} & {"openenv_core", "openenv_kit", "kit", "core"}


def test_making_a_client_starts_and_connects_nothing(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("started")

    install(site, "quiet_env", name="Quiet")
    monkeypatch.setattr(ProcessProvider, "start", refuse)
    env = AutoEnv.from_env("quiet")
    assert isinstance(env, EnvClient)
    assert env.base_url is None


def test_an_installed_environment_is_served_when_it_is_used(site: Path) -> None:
    install(site, "echo_env", name="Echo")
    action = AutoAction.from_env("echo")
    with AutoEnv.from_env("echo") as env:
        assert env.reset().observation.heard == "ready"
        result = env.step(action(text="hello"))
        assert (type(result.observation).__name__, result.observation.heard) == ("EchoObservation", "hello")


def test_a_running_server_is_used_where_its_address_is_given(site: Path) -> None:
    install(site, "echo_env", name="Echo")
    env = AutoEnv.from_env("echo", "http://localhost:8000", message_timeout_s=5.0)
    assert type(env).__name__ == "EchoEnv"
    assert env.base_url == "http://localhost:8000"


def test_without_a_package_a_client_takes_and_gives_dicts() -> None:
    env = AutoEnv.from_env("any", "http://x:1", skip_install=True)
    assert (type(env), env.base_url) == (GenericEnvClient, "http://x:1")
    assert type(AutoEnv.from_env("http://x:1", skip_install=True)) is GenericEnvClient
    assert type(AutoEnv.from_env("owner/game", skip_install=True)) is GenericEnvClient
    assert AutoAction.from_env("any", skip_install=True) is GenericAction
    with pytest.raises(ConfigurationError, match="base_url"):
        AutoEnv.from_env("any", skip_install=True)


@pytest.mark.parametrize(
    "name", ["http://x:1", "x:1", "image:my-env", "owner/game", "https://huggingface.co/spaces/owner/game"]
)
def test_a_client_of_what_is_elsewhere_has_asked_nothing_before_it_is_used(name: str) -> None:
    env = AutoEnv.from_env(name, message_timeout_s=5.0)
    assert isinstance(env, EnvClient)
    assert env.base_url == ("http://x:1" if "x:1" in name else None)


def test_a_server_has_an_address_and_a_process_already() -> None:
    for options in ({"base_url": "http://y:1"}, {"env_vars": {"LEVEL": "2"}}):
        with pytest.raises(ConfigurationError, match="http://x:1 is a server already"):
            AutoEnv.from_env("http://x:1", **options)  # type: ignore[arg-type]


def test_a_server_describes_itself_and_its_client_is_typed() -> None:
    with serving(Walk) as served:
        with AutoEnv.from_env(served.url) as env:
            action = AutoAction.from_env(served.url)
            result = env.reset(seed=1)
            assert (type(result.observation).__name__, result.observation.legal_actions) == ("WalkObservation", [-1, 1])
            assert env.step(action(side=1)).observation.position == result.observation.position + 1
            with pytest.raises(ValidationError, match="side"):
                action(side=7)
        assert type(env.async_client).__name__ == AutoEnv.get_env_class(served.url).__name__ == "WalkEnv"


def test_a_client_learns_its_class_by_whichever_call_comes_first() -> None:
    with serving(Walk, max_sessions=3) as served:
        first = AutoEnv.from_env(served.url)
        assert type(first.reset().observation).__name__ == "WalkObservation"  # type: ignore[attr-defined]
        first.close()
        with openenv.pool(AutoEnv.from_env(served.url), 3) as envs:
            results = envs.reset_all(seeds=range(3))
        assert {type(result.observation).__name__ for result in results} == {"WalkObservation"}


def test_a_server_that_does_not_describe_itself_is_left_alone_again() -> None:
    class Stopped:
        running = 0

        def start(self) -> str:
            self.running += 1
            return served.url

        def stop(self) -> None:
            self.running -= 1

    provider = Stopped()
    with serving(Walk, api_key="secret") as served:
        with pytest.raises(ConnectError, match="does not say what it plays: GET /metadata answered 401"):
            class_by_starting(GenericEnvClient(provider=provider))
        client = DiscoveredEnvClient(lambda _: no_class(), provider=provider, api_key="secret")
        with pytest.raises(LookupError, match="no class"):
            client.sync().connect()
    assert provider.running == 0


def no_class() -> type[EnvClient[Any, Any, Any]]:
    raise LookupError("no class")


@pytest.mark.parametrize("name", ["http://localhost:8000", "localhost:8000", "image:my-env", "owner/game"])
def test_only_what_is_here_is_described_without_starting_it(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is neither installed nor a project") as told:
        AutoEnv.get_env_info(name)
    assert "openenv info" in str(told.value.hint)


def test_a_project_that_is_not_installed_is_told_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "unheard-of-env"
    (project / "tests").mkdir(parents=True)
    (project / "openenv.yaml").write_text("name: unheard-of-env\n", encoding="utf-8")
    for here, folder in ((project, project), (project / "tests", project), (tmp_path, "./unheard-of-env")):
        monkeypatch.chdir(here)
        with pytest.raises(ConfigurationError, match="no installed environment is called") as told:
            AutoEnv.from_env("unheard_of")
        assert told.value.hint == f"{folder} is a project: pip install -e {folder} installs it"


def test_only_spaces_come_from_the_hub(site: Path) -> None:
    install(site, "echo_env", name="Echo")
    for call in (AutoEnv.from_hub, AutoAction.from_hub):
        with pytest.raises(ConfigurationError, match="'echo' is not of the form OWNER/NAME"):
            call("echo")


def test_from_hub_means_the_hub_also_beside_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "owner" / "game", "game", name="Mine")
    (tmp_path / "owner" / "game" / "openenv.yaml").write_text(
        "name: game\napp: game.server.app:app\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    assert type(AutoEnv.from_env("owner/game")).__name__ == "MineEnv"
    for repo_id in ("owner/game", "https://huggingface.co/spaces/owner/game"):
        assert type(AutoEnv.from_hub(repo_id)) is DiscoveredEnvClient


def test_a_project_is_played_by_its_own_classes_beside_an_installed_one_of_the_same_name(
    site: Path, tmp_path: Path
) -> None:
    install(site, "echo_env", name="Echo")
    project = tmp_path / "mine"
    install(project, "echo_env", name="Other")
    (project / "openenv.yaml").write_text(
        "name: echo-env\napp: echo_env.server.app:app\nclient: echo_env.client:OtherEnv\n", encoding="utf-8"
    )
    mine, installed = AutoEnv.get_env_class(str(project)), AutoEnv.get_env_class("echo")

    assert (mine.__name__, installed.__name__) == ("OtherEnv", "EchoEnv")
    assert AutoEnv.get_env_info(str(project))["package"] == "echo_env"
    assert sys.modules["echo_env.client"].__file__ == str(site / "echo_env" / "client.py")
    action = AutoAction.from_env(str(project))
    with AutoEnv.from_env(str(project)) as env:
        env.reset()
        assert type(env.step(action(text="hello")).observation).__name__ == "OtherObservation"


def test_the_deployed_path_of_discovery_works() -> None:
    from openenv.auto import AutoEnv as Deployed
    from openenv.auto.auto_action import AutoAction as DeployedAction
    from openenv.auto.auto_env import AutoEnv as DeployedToo

    assert Deployed is DeployedToo is AutoEnv
    assert DeployedAction is AutoAction
