"""What an image says about itself, its names, and what a registry answers."""

from __future__ import annotations

import json
import subprocess

import pytest

from openenv.project.manifest import parse_manifest
from openenv_cli.errors import UsageError
from openenv_cli.images.labels import labels, revision
from openenv_cli.images.push import PushError, RegistryError, read_digest
from openenv_cli.images.tags import default_tags, read_tag

MANIFEST = parse_manifest(
    "spec_version: 1\nname: My_env\nversion: 1.2.0\ndescription: Says it.\nport: 8000\naction: my_env.models:MyAction\n"
)
SCHEMAS = {"action": {"type": "object", "title": "é"}, "observation": {"b": 1, "a": 2}, "state": {}, "extra": {}}


def test_the_manifest_is_a_label_as_it_is_written():
    said = labels(MANIFEST, SCHEMAS, "0" * 40)

    assert said["org.opencontainers.image.title"] == "My_env"
    assert said["org.opencontainers.image.version"] == "1.2.0"
    assert said["org.opencontainers.image.description"] == "Says it."
    assert said["org.opencontainers.image.revision"] == "0" * 40
    assert json.loads(said["org.openenv.manifest"]) == {
        "spec_version": 1,
        "name": "My_env",
        "version": "1.2.0",
        "description": "Says it.",
        "port": 8000,
        "action": "my_env.models:MyAction",
    }


def test_every_schema_is_a_label_of_its_own():
    said = labels(MANIFEST, SCHEMAS, None)

    assert {key: json.loads(value) for key, value in said.items() if "schema" in key} == {
        "org.openenv.schema.action": SCHEMAS["action"],
        "org.openenv.schema.observation": SCHEMAS["observation"],
        "org.openenv.schema.state": SCHEMAS["state"],
    }


def test_what_is_not_known_is_no_label_and_the_order_is_always_the_same():
    said = labels(parse_manifest("name: a\n"), None, None)

    assert list(said) == ["org.opencontainers.image.title", "org.openenv.builder", "org.openenv.manifest"]


def test_the_revision_is_that_of_a_project_without_changes(tmp_path):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    assert revision(tmp_path) is None
    git("init", "-q")
    assert revision(tmp_path) is None
    (tmp_path / "a").write_text("1", encoding="utf-8")
    git("add", "a")
    git("commit", "-q", "-m", "a")
    assert revision(tmp_path) == git("rev-parse", "HEAD").strip()
    (tmp_path / "a").write_text("2", encoding="utf-8")
    assert revision(tmp_path) is None


def test_an_image_is_called_after_its_environment_and_version():
    assert default_tags(MANIFEST) == ("my_env:latest", "my_env:1.2.0")
    assert default_tags(parse_manifest("name: a\n")) == ("a:latest",)


@pytest.mark.parametrize(
    ("given", "complete"),
    [
        ("my-env", "my-env:latest"),
        ("my-env:1.0", "my-env:1.0"),
        ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
        ("Registry.example/a__b:V1", "Registry.example/a__b:V1"),
    ],
)
def test_a_tag_is_completed(given, complete):
    assert read_tag(given) == complete


@pytest.mark.parametrize("given", ["", "My-Env", "a b", "a:", "-a", "a/:1", "a:-1", "a:" + "x" * 129])
def test_a_name_that_no_image_can_have_is_wrong_usage(given):
    with pytest.raises(UsageError, match="no image can be called"):
        read_tag(given)


def test_the_registrys_digest_is_read():
    said = [
        {"status": "The push refers to repository [a]"},
        {"status": "Preparing", "progressDetail": {}, "id": "1f"},
        {"status": "Pushing", "progressDetail": {"current": 1, "total": 2}, "id": "1f"},
        {"status": "Pushed", "progressDetail": {}, "id": "1f"},
        {"progressDetail": {}, "aux": {"Tag": "1", "Digest": "sha256:9"}},
    ]
    told = []

    assert read_digest("a:1", said, told.append) == "sha256:9"
    assert [event.text for event in told] == ["The push refers to repository [a]", "1f: Preparing", "1f: Pushed"]


@pytest.mark.parametrize(
    ("reason", "error", "code"),
    [
        ("unauthorized: authentication required", RegistryError, 3),
        ("Get http://localhost:1/v2/: dial tcp 127.0.0.1:1: connect: connection refused", RegistryError, 3),
        ("blob upload unknown", PushError, 1),
    ],
)
def test_what_a_registry_refuses_is_an_error_of_its_kind(reason, error, code):
    with pytest.raises(error, match=reason[:12]) as caught:
        read_digest("localhost:1/a:1", [{"status": "Preparing"}, {"errorDetail": {}, "error": reason}], print)

    assert caught.value.exit_code == code


def test_a_push_that_ends_without_a_digest_is_no_success():
    with pytest.raises(PushError, match="hung up"):
        read_digest("a:1", [{"status": "Preparing"}], print)
