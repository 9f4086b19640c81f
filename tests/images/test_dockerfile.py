"""What a Dockerfile says."""

from __future__ import annotations

import pytest

from openenv_cli.images.dockerfile import Dockerfile, DockerfileError
from openenv_cli.naming import names_for
from openenv_cli.scaffold import render, template_named

PEER = """\
# syntax=docker/dockerfile:1.4
ARG BASE_IMAGE=ghcr.io/huggingface/openenv-base:latest
FROM ${BASE_IMAGE} AS builder
COPY . /app/env
# RUN --mount=type=secret,id=x false
RUN --mount=type=cache,target=/root/.cache/uv \\
    if [ -f uv.lock ]; then \\
        uv sync --frozen --mount=false; \\
    fi
"""


def read(text):
    return Dockerfile("server/Dockerfile", text)


def test_ours_takes_a_base_image_and_wheels():
    ours = read(render(names_for("my-env"), template_named("echo"))["Dockerfile"])

    assert ours.takes_base_image
    assert ours.takes_wheels
    assert ours.without_caches() == ours.text


def test_that_of_openenv_0_10_takes_a_base_image_and_brings_its_own_runtime():
    assert read(PEER).takes_base_image
    assert not read(PEER).takes_wheels


@pytest.mark.parametrize("text", ["FROM x\n", "# ARG BASE_IMAGE\nFROM x\n", "ARG BASE_IMAGE_TAG=1\nFROM x\n"])
def test_one_that_names_its_base_takes_none(text):
    assert not read(text).takes_base_image


def test_an_instruction_goes_on_after_a_backslash_and_comments_between():
    text = "RUN a \\\n# why\n  && b\n\nCOPY x \\\n  wheels/ y"

    assert list(read(text).instructions()) == ["RUN a && b", "COPY x wheels/ y"]
    assert read(text).takes_wheels


def test_cache_mounts_are_left_out_and_nothing_else():
    assert read(PEER).without_caches() == PEER.replace(" --mount=type=cache,target=/root/.cache/uv", "")


@pytest.mark.parametrize("options", ["type=secret,id=token", "type=bind,target=/x", "target=/x", "type=ssh"])
def test_a_mount_that_the_result_depends_on_needs_buildkit(options):
    with pytest.raises(DockerfileError, match=r"server/Dockerfile:3: --mount=\S+ needs BuildKit") as caught:
        read(f"FROM x\nRUN --mount=type=cache,target=/y \\\n  --mount={options} true\n").without_caches()

    assert "docker build -f server/Dockerfile ." in str(caught.value.hint)
