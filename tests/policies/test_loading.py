from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from support.walks import LeftPolicy, RightPolicy, WalkAction

from openenv.errors import ConfigurationError
from openenv.policies import PolicyError, RandomPolicy, ScriptedPolicy, load_policy


def make_left() -> LeftPolicy:
    return LeftPolicy()


def make_nothing() -> object:
    return object()


def max_of_two(one: int, other: int) -> int:
    return max(one, other)


script = ScriptedPolicy([1, 2])
number = 7


def test_finds_a_class_a_factory_and_an_instance_by_reference() -> None:
    assert isinstance(load_policy("support.walks:RightPolicy")(), RightPolicy)
    assert isinstance(load_policy(f"{__name__}:make_left")(), LeftPolicy)
    assert isinstance(load_policy(f"{__name__}:script")(), ScriptedPolicy)


def test_takes_these_three_themselves() -> None:
    assert isinstance(load_policy(RightPolicy)(), RightPolicy)
    assert isinstance(load_policy(make_left)(), LeftPolicy)
    assert isinstance(load_policy(script)(), ScriptedPolicy)


def go_left(observation: object) -> str:
    return "left"


class NeedsSide:
    def __init__(self, side: str) -> None: ...

    def act(self, observation: object) -> str:
        return "left"


@pytest.mark.parametrize("policy", [f"{__name__}:go_left", go_left, lambda observation: "left", NeedsSide("").act])
def test_a_function_of_an_observation_is_a_policy(policy: Any) -> None:
    assert load_policy(policy)().act(None) == "left"


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (NeedsSide, "NeedsSide is no policy: it cannot do without side"),
        (f"{__name__}:max_of_two", f"{__name__}:max_of_two is no policy: it cannot do without one, other"),
    ],
)
def test_what_cannot_be_called_as_a_policy_is_refused_at_once(policy: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)) as caught:
        load_policy(policy)

    assert "a function that takes an observation" in str(caught.value.hint)


class Weightless:
    def __init__(self) -> None:
        raise OSError("no weights")

    def act(self, observation: object) -> str:
        return "left"


def test_a_policy_that_cannot_be_made_is_named() -> None:
    with pytest.raises(PolicyError, match=f"policy {__name__}:Weightless cannot be made: OSError: no weights"):
        load_policy(f"{__name__}:Weightless")()


def test_a_file_s_name_is_not_taken_for_a_module_s(monkeypatch: Any, tmp_path: Any) -> None:
    (tmp_path / "of_mine.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        load_policy("of_mine.py:Policy")

    assert caught.value.hint == "the name of a module has no .py: of_mine:Policy"


def test_sessions_do_not_share_an_instance() -> None:
    make = load_policy(script)
    one, other = make(), make()

    assert (one.act(None), one.act(None), other.act(None)) == (1, 2, 1)


def test_an_instance_that_cannot_be_copied_is_refused_with_what_to_do() -> None:
    class Held(RightPolicy):
        def __init__(self) -> None:
            self.lock = threading.Lock()

    with pytest.raises(ConfigurationError, match="Held cannot be copied for each session") as caught:
        load_policy(Held())()

    assert caught.value.hint == "give its class, or a function that makes one"


def test_a_name_in_the_manifest_wins() -> None:
    assert isinstance(load_policy("random", named={"random": "support.walks:RightPolicy"})(), RightPolicy)


def test_random_is_made_for_the_environment_s_actions() -> None:
    policy = load_policy("random", lambda: WalkAction)()

    assert isinstance(policy, RandomPolicy)
    assert isinstance(policy.act({}), WalkAction)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", "there is no policy 'nobody'"),
        ("nowhere.at_all:Policy", "there is no module nowhere"),
        ("support.walks:Nobody", "support.walks has no Nobody"),
        (f"{__name__}:number", "is no policy: it is of type int, which has no act()"),
        ("random", "needs to know what the environment's actions are"),
    ],
)
def test_says_what_is_wrong_with_a_name(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said.replace("(", r"\(").replace(")", r"\)")):
        load_policy(name)


def test_names_the_policies_that_there_are() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_policy("nobody", named={"known-good": "a:B"})

    assert caught.value.hint == "known are known-good, random, llm, or module:attribute"


def test_an_error_inside_a_policy_s_module_is_not_taken_for_a_missing_module(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "needs_more.py").write_text("import nowhere_to_be_found\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found"):
        load_policy("needs_more:Policy")


def test_what_makes_no_policy_is_refused_when_it_is_called() -> None:
    with pytest.raises(ConfigurationError, match="makes no policy but object"):
        load_policy(make_nothing)()


def test_a_script_begins_again_with_each_episode_and_says_when_it_is_over() -> None:
    policy = ScriptedPolicy(["a", "b"])
    assert [policy.act(None), policy.act(None)] == ["a", "b"]
    with pytest.raises(PolicyError, match="the episode goes on after all 2 actions of the script"):
        policy.act(None)

    policy.reset(5)

    assert policy.act(None) == "a"
