"""What policies earn, and whether what they do was shown to them before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from specimens import PACKAGED, check, found, outcome_of, write

from openenv.validation.play.earnings import Earned, shown_before
from openenv.validation.reports.report import Status

POLICIES = """\
class Adds:
    async def reset(self, seed):
        print("what is printed is no answer")

    def act(self, observation):
        return {"amount": 7}

class Breaks:
    def act(self, observation):
        raise LookupError("no idea")

class Ends:
    def act(self, observation):
        raise SystemExit(3)
"""


def project(root: Path, claims: str) -> Path:
    manifest = f"{PACKAGED['openenv.yaml']}policies:\n"
    manifest += "".join(f"  {name.lower()}: my_env.policies:{name}\n" for name in ("Adds", "Breaks", "Ends"))
    manifest += f"validation: {{policies: {{{claims}}}}}\n"
    return write(root, PACKAGED, {"openenv.yaml": manifest, "my_env/policies.py": POLICIES})


def test_a_policy_that_earns_what_it_should_passes(tmp_path: Path) -> None:
    report = check(project(tmp_path, "adds: {at_least: 3, at_most: 3}, random: {at_least: 0}"), "H003", "B")
    assert found(report) == {}
    assert outcome_of(report, "B021").status is Status.PASSED


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ("adds: {at_least: 4}", "policy adds: adds earns 3, not at least 4"),
        ("adds: {at_most: 2.5}", "policy adds: adds earns 3, not at most 2.5"),
        ("breaks: {at_least: 1}", "policy breaks: my_env.policies:Breaks raised LookupError: no idea"),
        ("ends: {at_least: 1}", "policy ends: my_env.policies:Ends does not answer"),
        ("other: {at_least: 1}", "policy other: the manifest names no policy 'other'"),
    ],
)
def test_what_is_wrong_with_a_policy_is_told(claims: str, said: str, tmp_path: Path) -> None:
    assert found(check(project(tmp_path, claims), "H003", "B001", "B002", "B021")) == {"B021": [said]}


def episodes(*rows: tuple[Any, Any]) -> list[Earned]:
    """An episode of one step each: what was seen, and what was done."""
    return [Earned(seed, 1.0, ({"answer": done},), (seen,)) for seed, (seen, done) in enumerate(rows)]


@pytest.mark.parametrize(
    ("played", "place"),
    [
        (episodes(({"hint": "it is: lighthouse"}, "lighthouse")), "observation.hint"),
        (episodes(({"a": {"b": ["x", "lighthouse"]}}, "lighthouse")), "observation.a.b.1"),
        (episodes(({"n": 3, "m": 1}, 3), ({"n": 5, "m": 5}, 5)), "observation.n"),
        (episodes(({"word": "cat"}, "cat"), ({"word": "dog"}, "dog")), "observation.word"),
    ],
)
def test_what_is_shown_before_is_found(played: list[Earned], place: str) -> None:
    assert shown_before(played, "answer") == place


@pytest.mark.parametrize(
    "played",
    [
        episodes(({"hint": "ten letters"}, "lighthouse")),
        episodes(({"n": 3}, 3), ({"n": 4}, 5)),
        episodes(({"left": 3}, 3), ({"left": 3}, 3)),
        episodes(({"word": "a cat sat"}, "a"), ({"word": "dogs"}, "b")),
        episodes(({"n": 3}, None)),
    ],
)
def test_what_is_there_by_chance_is_not(played: list[Earned]) -> None:
    assert shown_before(played, "answer") is None


def test_what_is_shown_after_it_was_done_is_not_either() -> None:
    later = Earned(0, 1.0, ({"answer": "lighthouse"}, {"answer": ""}), ({"said": ""}, {"said": "lighthouse"}))
    assert shown_before([later], "answer") is None


def quiz(*letters: str) -> Earned:
    """An episode that shows all choices, and at each step what was answered last."""
    observations = tuple({"choices": ["A", "B"], "last_answer": last} for last in ("", *letters[:-1]))
    return Earned(0, 1.0, tuple({"answer": letter} for letter in letters), observations)


def test_an_observation_may_repeat_what_was_sent_and_list_what_is_possible() -> None:
    assert shown_before([quiz("A", "B", "B", "A"), quiz("B", "B", "A"), quiz("A", "A")], "answer") is None


def test_a_long_text_that_was_sent_before_may_be_shown_in_another() -> None:
    actions = ({"answer": "lighthouse keeper"}, {"answer": "lighthouse"})
    assert shown_before([Earned(0, 1.0, actions, ({"n": 1}, {"said": "no lighthouse keeper"}))], "answer") is None
    told = ({"n": 1}, {"said": "no lighthouse keeper, but lighthouse"})
    assert shown_before([Earned(0, 1.0, actions, told)], "answer") == "observation.said"


def test_what_is_hidden_must_be_a_field_of_what_the_policy_does(tmp_path: Path) -> None:
    report = check(project(tmp_path, "adds: {at_least: 3, hidden: [amount, treasure]}"), "H003", "B001", "B002", "B02")
    assert found(report) == {"B022": ["openenv.yaml:11:62: no action of adds has a field 'treasure'"]}
