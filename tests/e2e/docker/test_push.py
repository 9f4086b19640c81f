"""``openenv push --registry`` on a real engine, to registries with and without a password."""

from __future__ import annotations

import base64
import json
import sys

import pytest

from .conftest import PREFIX, run, running_registry

USER, PASSWORD = "me", "correct-horse"
HTPASSWD = "me:$2b$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS\n"


@pytest.fixture(scope="module")
def echo(project_of):
    """The echo environment, whose image is built of the wheels beside it."""
    project = project_of("echo_env")
    dockerfile = project.root / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("ARG PIP_NO_INDEX\n", "ARG PIP_NO_INDEX=1\n"))
    manifest = project.root / "openenv.yaml"
    manifest.write_text(manifest.read_text().replace("name: echo-env", f"name: {PREFIX}-pushed"))
    return project


@pytest.fixture
def push(echo):
    """Pushes it somewhere."""

    def to(place):
        command = [sys.executable, "-m", "openenv_cli", "push", str(echo.root), "--registry", place]
        return run([*command, "--base-image", echo.base_image, "--json"])

    return to


@pytest.fixture
def protected(tmp_path):
    """The address of a registry that asks for a password."""
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    auth = {"htpasswd": {"realm": "tests", "path": str(tmp_path / "htpasswd")}}
    with running_registry(tmp_path, auth=auth) as address:
        yield address


@pytest.fixture
def log_in(monkeypatch, tmp_path):
    """Does what ``docker login`` does."""

    def at(address):
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (tmp_path / "config.json").write_text(json.dumps({"auths": {address: {"auth": pair}}}))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    return at


def test_an_image_is_made_tried_out_and_pushed_under_its_default_names(push, engine, registry):
    made = push(f"{registry}/team").document

    tags = [f"{registry}/team/{PREFIX}-pushed:{tag}" for tag in ("latest", "0.1.0")]
    assert made["tags"] == tags
    assert set(made["pushed"]) == set(tags)
    assert made["checks_passed"] > 20
    for tag in tags:
        engine.images.remove(tag, force=True)
        assert engine.images.pull(tag).labels["org.opencontainers.image.title"] == f"{PREFIX}-pushed"
        engine.images.remove(tag)


def test_a_registry_with_a_password_takes_it_from_who_has_logged_in(push, engine, protected, log_in):
    tag = f"{protected}/{PREFIX}-pushed:2"

    refused = push(tag)
    log_in(protected)
    made = push(tag).document

    assert refused.code == 3
    assert refused.document["error"]["hint"] == f"docker login {protected}"
    assert list(made["pushed"]) == [tag]
    engine.images.remove(tag, force=True)
