"""What a manifest may say under ``validation``."""

from __future__ import annotations

import pytest

from openenv.project.manifest import ManifestError, parse_manifest


def problem(text: str) -> tuple[str, str | None]:
    with pytest.raises(ManifestError) as raised:
        parse_manifest(f"name: my-env\nvalidation: {text}\n")
    return str(raised.value), raised.value.hint


def test_everything_that_can_be_said_is_read() -> None:
    manifest = parse_manifest(
        "name: my-env\n"
        "validation:\n"
        "  reward: {range: [-1, 1]}\n"
        "  reset: {task: easy, sizes: [1, 2]}\n"
        "  episode: {max_steps: 10, reset_s: 5, step_s: 0.5, seeds_differ: true}\n"
        "  policies: {known-good: {at_least: 1, hidden: [code]}, random: {at_most: 0.1}}\n"
    )
    claims = manifest.validation
    assert claims is not None
    assert claims.reward.range == (-1.0, 1.0)
    assert claims.reset == {"task": "easy", "sizes": [1, 2]}
    assert (claims.episode.max_steps, claims.episode.step_s, claims.episode.seeds_differ) == (10, 0.5, True)
    assert claims.policies["known-good"].hidden == ("code",)
    assert claims.policies["random"].at_most == 0.1


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("{epsiode: {}}", "openenv.yaml:2:14: unknown key 'validation.epsiode'", "did you mean 'episode'?"),
        (
            "{episode: {max_step: 1}}",
            "openenv.yaml:2:24: unknown key 'validation.episode.max_step'",
            "did you mean 'max_steps'?",
        ),
        (
            "{policies: {random: {atmost: 1}}}",
            "openenv.yaml:2:34: unknown key 'validation.policies.random.atmost'",
            "did you mean 'at_most'?",
        ),
        (
            "{reward: {range: [1, 0]}}",
            "openenv.yaml:2:30: 'validation.reward.range' must be two numbers, the smaller one first, not a list",
            None,
        ),
        (
            "{reward: {range: [0]}}",
            "openenv.yaml:2:30: 'validation.reward.range' must be two numbers, the smaller one first, not a list",
            None,
        ),
        (
            "{reset: 5}",
            "openenv.yaml:2:21: 'validation.reset' must be a mapping of options to values, not a number (5)",
            None,
        ),
        ("{reset: {seed: 1}}", "openenv.yaml:2:21: 'seed' is given by the checks themselves", "take it out"),
        ("{reward: 1}", "openenv.yaml:2:22: 'validation.reward' must be a mapping, not a number (1)", None),
        ("5", "openenv.yaml:2:13: 'validation' must be a mapping, not a number (5)", None),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(text: str, said: str, hint: str | None) -> None:
    assert problem(text) == (said, hint)
