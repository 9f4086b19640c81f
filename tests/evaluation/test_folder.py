"""The folder of a run: it is gone on with, belongs to one run, and to one evaluation at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.serving import serving
from support.walks import LeftPolicy, LonelyWalk, RightPolicy, UnsurePolicy, Walk

from openenv import GenericEnvClient
from openenv.episodes import Episode, read
from openenv.errors import ConfigurationError
from openenv.evaluation import Progress, evaluate
from openenv.evaluation.folder import FolderInUseError, RunFolder
from openenv.policies import ScriptedPolicy

HOLDER = """
import sys
from openenv.evaluation.folder import RunFolder
with RunFolder(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def play(folder: Path) -> int:
    return len(evaluate(Walk, {"right": RightPolicy}, episodes=3, out=folder).episodes)


def test_a_second_evaluation_in_the_same_folder_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    run = {"seed": 0}
    with RunFolder(tmp_path) as folder:
        folder.begin(run)
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        with pytest.raises(FolderInUseError) as refused:
            play(tmp_path)
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before

    assert refused.value.message == f"another evaluation is running in {tmp_path}"
    assert refused.value.hint is not None


def test_the_folder_is_free_again_after_an_evaluation_that_failed(tmp_path: Path) -> None:
    def stop(progress: Any) -> None:
        raise KeyError("stop")

    with pytest.raises(KeyError):
        evaluate(Walk, {"right": RightPolicy}, episodes=3, out=tmp_path, on_progress=stop)

    assert play(tmp_path) == 3


def test_a_killed_evaluation_holds_no_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderInUseError):
            play(tmp_path)
        holder.kill()

    assert play(tmp_path) == 3
    assert len(list(read(tmp_path / "episodes.jsonl"))) == 3


def kept(folder: Path) -> dict[int, Episode]:
    found = list(read(folder / "episodes.jsonl"))
    assert len({one.index for one in found}) == len(found)
    return {one.index: one for one in found}


def test_goes_on_with_an_interrupted_run(tmp_path: Path) -> None:
    class Interrupt(Exception):
        pass

    def interrupt(progress: Progress) -> None:
        if progress.done == 4:
            raise Interrupt

    with pytest.raises(Interrupt):
        evaluate(Walk, {"right": RightPolicy}, episodes=12, sessions=2, out=tmp_path, on_progress=interrupt)
    before = kept(tmp_path)
    assert 4 <= len(before) < 12
    with (tmp_path / "episodes.jsonl").open("a", encoding="utf-8") as lines:
        lines.write('{"policy": "right", "ind')  # killed while it was writing

    began: list[int] = []
    report = evaluate(
        Walk,
        {"right": RightPolicy},
        episodes=12,
        sessions=2,
        out=tmp_path,
        on_progress=lambda one: began.append(one.done),
    )

    after = kept(tmp_path)
    assert {index: after[index] for index in before} == before
    assert sorted(after) == list(range(12))
    assert began[0] == len(before)
    assert len(report.episodes) == 12


def test_plays_failed_episodes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate(Walk, {"p": UnsurePolicy}, episodes=6, out=tmp_path)
    sure = kept(tmp_path)[0]

    monkeypatch.setattr(UnsurePolicy, "act", RightPolicy.act)
    report = evaluate(Walk, {"p": UnsurePolicy}, episodes=6, out=tmp_path)

    assert [one.error for one in report.episodes] == [None] * 6
    assert kept(tmp_path)[0] == sure


def test_plays_more_episodes_of_the_same_run(tmp_path: Path) -> None:
    evaluate(Walk, {"right": RightPolicy}, episodes=3, out=tmp_path)
    three = kept(tmp_path)

    more = evaluate(Walk, {"right": RightPolicy}, episodes=5, out=tmp_path)
    fewer = evaluate(Walk, {"right": RightPolicy}, episodes=2, out=tmp_path)

    assert len(more.episodes) == 5
    assert len(fewer.episodes) == 2
    assert {index: kept(tmp_path)[index] for index in three} == three


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 1}, "seed was 0, is 1"),
        ({"max_steps": 7}, "max_steps was 10000, is 7"),
        ({"reset": {"limit": 3}}, 'reset was {}, is {"limit": 3}'),
        ({"trajectories": True}, "trajectories was false, is true"),
        ({"policies": {"right": LeftPolicy}}, "RightPolicy"),
        ({"target": LonelyWalk}, 'target was "Walk", is "LonelyWalk"'),
    ],
)
def test_another_run_in_the_same_folder_is_refused(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    usual: dict[str, Any] = {"target": Walk, "policies": {"right": RightPolicy}, "episodes": 2, "out": tmp_path}
    evaluate(**usual)
    before = (tmp_path / "episodes.jsonl").read_bytes()

    with pytest.raises(ConfigurationError, match="holds another run") as caught:
        evaluate(**{**usual, **changed})

    assert said in caught.value.message
    assert (tmp_path / "episodes.jsonl").read_bytes() == before


def test_an_instance_is_known_by_what_it_says_of_itself(tmp_path: Path) -> None:
    def scripted(side: int) -> dict[str, Any]:
        return {"script": ScriptedPolicy([{"side": side}] * 9)}

    evaluate(Walk, scripted(1), episodes=1, out=tmp_path)

    assert len(evaluate(Walk, scripted(1), episodes=2, out=tmp_path).episodes) == 2
    with pytest.raises(ConfigurationError, match=r"ScriptedPolicy\(\[\{'side': -1\}") as refused:
        evaluate(Walk, scripted(-1), episodes=2, out=tmp_path)
    assert refused.value.data == {"different": ["policies"]}


def make_right() -> RightPolicy:
    return RightPolicy()


class Maker:
    def make(self) -> RightPolicy:
        return RightPolicy()


@pytest.mark.parametrize(
    "policy",
    [RightPolicy(), lambda: RightPolicy(), type("f.<locals>.Right", (RightPolicy,), {}), Maker().make],
    ids=["instance", "lambda", "local class", "bound method"],
)
def test_a_policy_that_cannot_be_told_from_others_is_not_kept(tmp_path: Path, policy: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing tells .* from another policy"):
        evaluate(Walk, {"right": policy}, episodes=1, out=tmp_path)

    assert evaluate(Walk, {"right": policy}, episodes=1).failed == ()
    assert evaluate(Walk, {"right": make_right}, episodes=1, out=tmp_path).failed == ()


def test_clients_of_two_servers_are_two_runs(tmp_path: Path) -> None:
    with serving(Walk) as one, serving(Walk) as other:
        evaluate(GenericEnvClient(one.url), {"right": RightPolicy}, episodes=1, out=tmp_path)
        with pytest.raises(ConfigurationError, match=f'is "GenericEnvClient at {other.url}"'):
            evaluate(GenericEnvClient(other.url), {"right": RightPolicy}, episodes=1, out=tmp_path)


def test_a_client_that_does_not_say_what_it_plays_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing tells what GenericEnvClient plays"):
        evaluate(GenericEnvClient.in_process(Walk), {"right": RightPolicy}, episodes=1, out=tmp_path)


def test_a_run_is_the_same_when_json_says_the_same(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as folder:
        folder.begin({"reset": {"sizes": (1, 2)}})

        assert folder.begin({"reset": {"sizes": (1, 2)}}) == []
        assert folder.begin({"reset": {"sizes": [1, 2]}}) == []


@pytest.mark.parametrize(("name", "said"), [("run.json", "is not JSON"), ("episodes.jsonl", "but no run.json")])
def test_files_of_something_else_are_left_alone(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_text("hello\n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=said):
        evaluate(Walk, {"right": RightPolicy}, episodes=1, out=tmp_path)

    assert (tmp_path / name).read_text(encoding="utf-8") == "hello\n"


def test_says_what_a_run_is_of(tmp_path: Path) -> None:
    evaluate(Walk, {"right": RightPolicy}, episodes=1, seed=3, reset={"limit": 9}, out=tmp_path)

    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8")) == {
        "target": "Walk",
        "policies": {"right": "support.walks:RightPolicy"},
        "seed": 3,
        "reset": {"limit": 9},
        "max_steps": 10000,
        "trajectories": False,
    }
