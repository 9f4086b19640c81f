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
    assert ours.for_the_engine() == ours.text


def test_that_of_openenv_0_10_takes_a_base_image_and_brings_its_own_runtime():
    assert read(PEER).takes_base_image
    assert not read(PEER).takes_wheels


@pytest.mark.parametrize("text", ["FROM x\n", "# ARG BASE_IMAGE\nFROM x\n", "ARG BASE_IMAGE_TAG=1\nFROM x\n"])
def test_one_that_names_its_base_takes_none(text):
    assert not read(text).takes_base_image


def test_wheels_may_be_copied_on_a_line_that_goes_on():
    assert read("FROM x\nRUN a \\\n# why\n  && b\n\nCOPY x \\\n  ./wheels/ y").takes_wheels


@pytest.mark.parametrize("text", ["RUN ls wheels/", "COPY mywheels/ x", "# COPY wheels/ x"])
def test_a_word_like_that_elsewhere_copies_no_wheels(text):
    assert not read(f"FROM x\n{text}\n").takes_wheels


def test_cache_mounts_are_left_out_and_nothing_else():
    assert read(PEER).for_the_engine() == PEER.replace(" --mount=type=cache,target=/root/.cache/uv", "")


@pytest.mark.parametrize("options", ["type=secret,id=token", "type=bind,target=/x", "target=/x", "type=ssh"])
def test_a_mount_that_the_result_depends_on_needs_buildkit(options):
    with pytest.raises(DockerfileError, match=r"server/Dockerfile:3: --mount=\S+ needs BuildKit") as caught:
        read(f"FROM x\nRUN --mount=type=cache,target=/y \\\n  --mount={options} true\n").for_the_engine()

    assert "docker buildx build -f server/Dockerfile ." in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("COPY --chmod=755 a b", "COPY --chmod"),
        ("COPY --from=build \\\n  --link a b", "COPY --link"),
        ("ADD --checksum=sha256:1 a b", "ADD --checksum"),
        ("RUN --network=none true", "RUN --network"),
        ("RUN <<EOF\necho a\nEOF", "RUN with a here-document"),
        ("COPY <<'EOF' /x\na\nEOF", "COPY with a here-document"),
    ],
)
def test_what_else_only_buildkit_knows_is_named_with_its_line(text, what):
    with pytest.raises(DockerfileError, match=f"server/Dockerfile:2: {what} needs BuildKit"):
        read(f"FROM x\n{text}\n").for_the_engine()


def test_one_that_takes_wheels_says_what_a_build_by_hand_needs():
    with pytest.raises(DockerfileError) as caught:
        read("FROM x\nCOPY wheels/ wheels/\nCOPY --link a b\n").for_the_engine()

    assert str(caught.value.hint).endswith("once the runtime's wheel stands in wheels/")


@pytest.mark.parametrize("text", ["COPY --chown=1000 --from=build a b", "RUN x << 2", "RUN echo $((1<<3))"])
def test_what_every_builder_knows_stays_as_it_is(text):
    assert read(f"FROM x\n{text}\n").for_the_engine() == f"FROM x\n{text}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ARG BASE_IMAGE\nFROM $BASE_IMAGE AS a\nFROM $BASE_IMAGE\n", "ARG BASE_IMAGE=b:1\n"),
        ("arg BASE_IMAGE=a:2\nFROM x\nARG BASE_IMAGE\n", "arg BASE_IMAGE=b:1\n"),
        ("ARG A=1 BASE_IMAGE=a:2 C\nFROM x\n", "ARG A=1 BASE_IMAGE=b:1 C\n"),
        ("# ARG BASE_IMAGE=a\nARG BASE_IMAGES=c\nARG  BASE_IMAGE=a\nFROM x\n", "ARG  BASE_IMAGE=b:1\n"),
    ],
)
def test_another_base_image_becomes_the_default_of_the_argument_alone(text, expected):
    changed = read(text).with_base_image("b:1")

    assert expected in changed
    (line,) = set(changed.splitlines()) - set(text.splitlines())
    assert f"{line}\n" == expected
