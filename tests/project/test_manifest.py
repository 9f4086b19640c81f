"""Reading ``openenv.yaml``: what is taken, and what is said about what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openenv.project.manifest import ClassReference, ManifestError, parse_manifest
from openenv.project.yaml_document import Problem

OURS = """\
spec_version: 1
name: my-env
version: 0.1.0
description: A tiny world
type: space
runtime: fastapi
app: my_env.server.app:app
port: 8000
client: my_env.client:MyEnv
action: my_env.models:MyAction
observation: my_env.models:MyObservation
policies: {known-good: my_env.policies:KnownGoodPolicy}
variables: {LEVEL: 3, FAST: true, WORD: abc}
template: {name: echo, version: 1, answers: {name: my-env}}
"""

DEPLOYED = """\
spec_version: 1
name: my_env
version: 0.1.0
type: space
runtime: fastapi
app: server.app:app
port: 8000
validation:
  reward: {range: [0.0, 1.0], floor_margin: 0.1}
  types:
    tags: [demo]
"""

SPARSE = """\
name: julia_env
version: "0.1.0"
description: Runs Julia code
action: JuliaAction
observation: JuliaObservation
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text)
    return [f"{problem} ({problem.hint})" for problem in caught.value.problems]


def test_a_manifest_of_ours_is_read_whole() -> None:
    manifest = parse_manifest(OURS)
    assert (manifest.name, manifest.package, manifest.version) == ("my-env", "my_env", "0.1.0")
    assert manifest.client == ClassReference("my_env.client", "MyEnv")
    assert str(manifest.action) == "my_env.models:MyAction"
    assert manifest.policies == {"known-good": "my_env.policies:KnownGoodPolicy"}
    assert manifest.variables == {"LEVEL": "3", "FAST": "true", "WORD": "abc"}
    assert manifest.template is not None
    assert manifest.template.answers == {"name": "my-env"}


def test_deployed_manifests_are_taken() -> None:
    claims = parse_manifest(DEPLOYED).validation
    assert claims is not None
    assert (claims.reward.range, claims.reward.floor_margin, claims.types) == ((0.0, 1.0), 0.1, {"tags": ["demo"]})
    sparse = parse_manifest(SPARSE)
    assert sparse.action == ClassReference(None, "JuliaAction")
    assert (sparse.app, sparse.port, sparse.spec_version) == (None, 8000, 1)


def test_a_class_may_be_a_mapping() -> None:
    manifest = parse_manifest("name: a\nclient: {class_name: AEnv, module: a.client}\naction: {class_name: AAction}")
    assert manifest.client == ClassReference("a.client", "AEnv")
    assert manifest.action == ClassReference(None, "AAction")


TWICE = "the key '{}' is there twice, first in line {}"
MISTAKES = [
    ("", "1:1: the file is empty", "begin with name: my-env"),
    ("# nothing\n", "1:1: the file is empty", "begin with name: my-env"),
    ("- a", "1:1: this is not a mapping of keys to values", "begin with name: my-env"),
    ("description: x\n", "1:1: 'name' is missing", "add name: my-env"),
    ("name: a\nprot: 1", "2:1: unknown key 'prot'", "did you mean 'port'?"),
    ("name: a\nvresion: 1", "2:1: unknown key 'vresion'", "did you mean 'version'?"),
    ("name: a\nname: b", "2:1: " + TWICE.format("name", 1), "keep one of them"),
    ("name: a\nvariables:\n  X: a\n  X: b", "4:3: " + TWICE.format("X", 3), "keep one of them"),
    (
        "name: a\nversion: 1.0",
        "2:10: 'version' must be text, not a number (1.0)",
        'write it in quotes: version: "1.0"',
    ),
    ("name: a\nversion: 2024-13-45", "2:10: '2024-13-45' cannot be read: month must be in 1..12", "write it in quotes"),
    ("name: a\nport: '80'", "2:7: 'port' must be a whole number from 1 to 65535, not text (80)", None),
    ("name: a\nport: 70000", "2:7: 'port' must be a whole number from 1 to 65535, not a number (70000)", None),
    ("name: a\nport: true", "2:7: 'port' must be a whole number from 1 to 65535, not a truth value (true)", None),
    ("name: a\nspec_version: 2", "2:15: 'spec_version' must be 1, the only version there is, not a number (2)", None),
    ("name: a\nvariables: [x]", "2:12: 'variables' must be a mapping of names to text, not a list", None),
    ("name: a\npolicies: [x]", "2:11: 'policies' must be a mapping of names to module:attribute, not a list", None),
    (
        "name: a\npolicies: {x: y}",
        "2:15: 'y' is not of the form module:attribute",
        "known-good: my_env.policies:KnownGoodPolicy",
    ),
    (
        "name: a\npolicies: {'x,y': a:b}",
        "2:19: 'x,y' is not a name for a policy: letters, digits, single '-' or '_'",
        "for example known-good",
    ),
    ("name: a\nvariables: {X: [1]}", "2:16: 'variables.X' must be text, not a list", None),
    ("name: &a [*a]", "1:7: 'name' must be text, not a list", None),
    (
        "name: a\napp: server.app",
        "2:6: 'server.app' is not of the form module:attribute",
        "app: my_env.server.app:app",
    ),
    (
        "name: a\nclient: a b",
        "2:9: 'a b' does not name a class",
        "write module:Class, for example my_env.client:MyEnv",
    ),
    (
        "name: a\ntemplate: {name: echo, version: 1, answer: {}}",
        "2:36: unknown key 'template.answer'",
        "did you mean 'answers'?",
    ),
    (
        "name: a\n\tport: 1",
        "2:1: not YAML: while scanning for the next token found character '\\t' that cannot start any token",
        "indent with spaces, not tabs",
    ),
    ("name: a: b", "1:8: not YAML: mapping values are not allowed here", None),
    ("name: a\nx: \0", "2:4: the character '\\x00' is not allowed in YAML", "remove it"),
    ("[" * 3000, "1:1: the YAML is nested too deeply", None),
    (
        "name: a\n---\nname: b",
        "2:1: not YAML: expected a single document in the stream but found another document",
        None,
    ),
]


@pytest.mark.parametrize(("text", "said", "hint"), MISTAKES)
def test_a_mistake_is_named_with_its_place_and_how_to_mend_it(text: str, said: str, hint: str | None) -> None:
    assert problems(text) == [f"{said} ({hint})"]


@pytest.mark.parametrize("version", ["latest", "v1", "1.0.0-beta.1", "1.0+local", "1!2.0", ""])
def test_a_version_must_suit_packages_and_image_tags(version: str) -> None:
    [said] = problems(f"name: a\nversion: '{version}'")
    assert said.startswith(f"2:10: '{version}' is not a version")


@pytest.mark.parametrize(
    ("name", "would_do"),
    [("My Env!", "my-env"), ("-a", "a"), ("a--b", "a-b"), ("1st", "env-1st"), ("épée", "epee"), ("a" * 65, "a" * 56)],
)
def test_a_bad_name_is_refused_with_one_that_would_do(name: str, would_do: str) -> None:
    [said] = problems(f"name: '{name}'")
    assert said.startswith(f"1:7: '{name}' is not a name")
    assert said.endswith(f"(name: {would_do})")


def test_every_mistake_is_listed_in_order_and_the_message_counts_them() -> None:
    with pytest.raises(ManifestError) as caught:
        parse_manifest("port: x\nnaem: a\n", "here.yaml")
    assert [problem.line for problem in caught.value.problems] == [1, 1, 2]
    assert str(caught.value).endswith("(and 2 more)")
    assert str(caught.value).startswith("here.yaml:1:1: 'name' is missing")


def test_nothing_is_constructed_but_plain_values() -> None:
    [said] = problems("name: !!python/object/apply:os.getcwd []")
    assert "could not determine a constructor" in said


@given(st.text())
def test_any_text_is_a_manifest_or_a_manifest_error(text: str) -> None:
    found: list[Problem] = []
    try:
        parse_manifest(text)
    except ManifestError as error:
        found = error.problems
        assert found, "a refusal names at least one problem"
    assert all(problem.line >= 1 and problem.column >= 1 for problem in found)
