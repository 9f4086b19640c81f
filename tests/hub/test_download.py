"""The files of a revision, and the package in them where it is trusted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, constants
from support.hub import HubUser
from support.installing import install
from support.puppets import PATIENCE_S
from support.serving import serving, tapped_log
from support.walks import Walk

from openenv import AutoAction, AutoEnv
from openenv.errors import ConfigurationError
from openenv.hub.download import download
from openenv.hub.errors import HubNotFoundError, HubUnavailableError
from openenv.hub.repo_id import RepoId

MANIFEST = "name: walk-env\nversion: 0.1.0\napp: walk_env.server.app:app\nclient: walk_env.client:WalkClient\n"
CLIENT = """
from pathlib import Path
from typing import Any
from openenv import EnvClient
from walk_env.where import HERE

Path({proof!r}).write_text(HERE)

class WalkClient(EnvClient[dict, dict, dict]):
    HERE = HERE
    async def walk(self, steps: int) -> int:
        await self.reset(seed=1)
        for _ in range(steps):
            result = await self.step({{"side": 1}})
        return result.observation["position"]
"""


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("_openenv_"):
            del sys.modules[name]


def push(hub: HubUser, space: str, files: dict[str, str], **where: str) -> str:
    operations = [CommitOperationAdd(path, text.encode()) for path, text in files.items()]
    return str(hub.api.create_commit(space, operations, commit_message="Push", repo_type="space", **where).oid)


def test_the_files_of_a_revision_are_fetched_and_its_commit_is_said(hub: HubUser) -> None:
    space = hub.space()
    first = push(hub, space, {"level.txt": "1"})
    second = push(hub, space, {"level.txt": "2"})
    for revision, commit, level in ((None, second, "2"), ("main", second, "2"), (first, first, "1")):
        with tapped_log("openenv.hub") as log:
            found = download(RepoId.parse(space), revision)
        assert (found.commit, (found.folder / "level.txt").read_text(encoding="utf-8")) == (commit, level)
        assert log.find(space, commit)


def test_fetching_draws_nothing_where_there_is_no_terminal(hub: HubUser, capfd: pytest.CaptureFixture[str]) -> None:
    space = hub.space()
    push(hub, space, {f"level-{number}.txt": str(number) for number in range(3)})
    download(RepoId.parse(space))
    assert capfd.readouterr() == ("", "")


def test_what_was_fetched_before_does_without_the_hub(hub: HubUser, monkeypatch: pytest.MonkeyPatch) -> None:
    space = hub.space()
    commit = push(hub, space, {"level.txt": "1"})
    fetched = download(RepoId.parse(space))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert download(RepoId.parse(space)) == download(RepoId.parse(space), commit) == fetched
    with pytest.raises(HubUnavailableError):
        download(RepoId.parse(f"{hub.name}/another"))


def test_what_is_not_there_is_told_apart(hub: HubUser) -> None:
    with pytest.raises(HubNotFoundError, match="there is no Space"):
        download(RepoId.parse(f"{hub.name}/nothing"))
    with pytest.raises(HubNotFoundError, match="no such revision"):
        download(RepoId.parse(hub.space()), "no-branch")


@pytest.fixture
def walking(hub: HubUser, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes a Space whose package writes, when it is imported, the given word into a file called proof."""
    with serving(Walk) as served:

        def make(word: str) -> str:
            space = hub.space(f"walk-{word}")
            hub.server.plan(space, server=served.url)
            readme = "---\ntitle: Walk\nsdk: docker\n---\n"
            package = {
                "walk_env/__init__.py": "",
                "walk_env/where.py": f"HERE = {word!r}",
                "walk_env/client.py": CLIENT.format(proof=str(tmp_path / "proof")),
                "walk_env/models.py": "",
            }
            push(hub, space, {"openenv.yaml": MANIFEST, "README.md": readme, "Dockerfile": "FROM scratch", **package})
            hub.api.wait_for_space(space, timeout=PATIENCE_S, poll_interval=0.01)
            return space

        yield make


def test_no_code_of_a_space_runs_here_unless_it_is_trusted(walking: Callable[[str], str], tmp_path: Path) -> None:
    space = walking("one")
    with AutoEnv.from_env(space, use_docker=False) as env:
        assert env.reset().observation.legal_actions == [-1, 1]
    assert AutoEnv.get_env_class(space, use_docker=False).__name__ == "WalkOneEnv"
    assert AutoAction.from_env(space, use_docker=False).__name__ == "WalkAction"
    assert not (tmp_path / "proof").exists()


def test_where_it_is_trusted_its_own_client_is_played_at_the_revision_that_runs(
    walking: Callable[[str], str], hub: HubUser, tmp_path: Path
) -> None:
    space = walking("one")
    env = AutoEnv.from_env(space, use_docker=False, trust_remote_code=True)
    assert not (tmp_path / "proof").exists()
    hub.server.plan(space, stays_at="BUILDING")
    push(hub, space, {"walk_env/where.py": "HERE = 'not deployed yet'"})
    with env as client:
        assert client.walk(2) in (1, 2, 3)
        assert client.HERE == "one"
    assert (tmp_path / "proof").read_text(encoding="utf-8") == "one"


def test_packages_of_the_same_name_live_side_by_side(
    walking: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", "walk_env", name="Walk")
    monkeypatch.syspath_prepend(tmp_path / "site")
    spaces = [walking("one"), walking("two")]
    classes = [AutoEnv.get_env_class(space, trust_remote_code=True) for space in spaces]

    assert [kind.HERE for kind in classes] == ["one", "two"]  # type: ignore[attr-defined]
    assert AutoEnv.get_env_class("walk").__name__ == "WalkEnv"
    assert sys.modules.pop("walk_env").__file__ == str(tmp_path / "site" / "walk_env" / "__init__.py")
    assert AutoEnv.get_env_class(spaces[0], trust_remote_code=True) is classes[0]


def test_a_space_that_is_no_environment_says_so(hub: HubUser) -> None:
    space = hub.space()
    with pytest.raises(ConfigurationError, match=r"openenv\.yaml"):
        AutoEnv.get_env_class(space, trust_remote_code=True)
