"""What the engine says while it builds."""

from __future__ import annotations

import pytest

from openenv_cli.images.progress import BaseImageError, BuildError, Built, Cached, Output, Step, read_events


def stream(*texts):
    return [{"stream": text} for text in texts]


DONE = {"aux": {"ID": "sha256:1"}}


def test_steps_and_what_they_print_are_told_and_the_engines_own_remarks_are_not():
    said = stream(
        "Step 1/2 : FROM base",
        "\n",
        " ---> 62a9\n",
        "Step 2/2 : RUN pip install x",
        " ---> Running in 1f\n",
        "\x1b[91mWARNING: slow\n\x1b[0m",
        "  Downloading x\nInstalling x\n",
        "Removing intermediate container 1f\n",
        " ---> 7e\n",
    )

    assert list(read_events([*said, DONE, *stream("Successfully built 7e\n", "Successfully tagged a:b\n")])) == [
        Step(1, 2, "FROM base"),
        Step(2, 2, "RUN pip install x"),
        Output("WARNING: slow"),
        Output("  Downloading x"),
        Output("Installing x"),
        Built("sha256:1"),
    ]


def test_a_line_that_comes_in_pieces_is_one():
    pieces = stream(
        "Step 1/1 : RUN x", "\n", "\x1b[91mtouch: cannot touch '/x'\x1b[0m", "\x1b[91m: Permission denied\n\x1b[0m"
    )

    assert list(read_events([*pieces, DONE])) == [
        Step(1, 1, "RUN x"),
        Output("touch: cannot touch '/x': Permission denied"),
        Built("sha256:1"),
    ]


def test_a_last_line_without_an_end_is_in_the_log():
    said = stream("Step 1/1 : RUN x", "\n", "it is broken")

    with pytest.raises(BuildError) as caught:
        list(read_events([*said, {"error": "returned a non-zero code: 1"}]))

    assert caught.value.log == ("it is broken",)


def test_a_line_without_an_end_does_not_run_into_the_engines_own():
    said = stream(
        "Step 1/2 : RUN x", "\n", "so", " far", "Removing intermediate container 1f\n", "Step 2/2 : RUN y", "\n"
    )

    assert list(read_events([*said, DONE]))[:3] == [Step(1, 2, "RUN x"), Output("so far"), Step(2, 2, "RUN y")]


def test_of_a_bar_of_progress_the_end_is_told():
    said = stream("Step 1/1 : RUN x", "\n", "10 %\r50 %", "\r100 %\r\n")

    assert list(read_events([*said, DONE])) == [Step(1, 1, "RUN x"), Output("100 %"), Built("sha256:1")]


def test_a_step_that_was_done_before_is_cached():
    said = stream("Step 1/1 : FROM base", "\n", " ---> Using cache\n", " ---> 62a9\n")

    assert list(read_events([*said, DONE])) == [Step(1, 1, "FROM base"), Cached(), Built("sha256:1")]


def test_a_base_image_that_is_pulled_is_told_layer_by_layer():
    said = [
        {"status": "Pulling from library/python", "id": "3.12-slim"},
        {"status": "Downloading", "id": "ab", "progressDetail": {"current": 1, "total": 9}, "progress": "[>  ]"},
        {"status": "Pull complete", "id": "ab", "progressDetail": {}},
        DONE,
    ]

    assert list(read_events(said))[:2] == [
        Output("3.12-slim: Pulling from library/python"),
        Output("ab: Pull complete"),
    ]


def test_a_step_that_fails_is_named_with_the_end_of_its_own_log():
    said = stream("Step 1/2 : RUN first", "of the first\n", "Step 2/2 : RUN second", *(f"{n}\n" for n in range(50)))

    with pytest.raises(BuildError) as caught:
        list(read_events([*said, {"error": "returned a non-zero code: 3", "errorDetail": {"code": 3}}]))

    error = caught.value
    assert error.message == "step 2 of 2, RUN second: returned a non-zero code: 3"
    assert error.log == tuple(map(str, range(30, 50)))
    assert error.data["instruction"] == "RUN second"
    assert error.exit_code == 1


@pytest.mark.parametrize(
    ("instruction", "reason", "hint"),
    [
        ("FROM nowhere AS build", "pull access denied", "--base-image names another"),
        ("COPY a b", "image sha256:1 was found but does not match the specified platform", "docker pull --platform"),
    ],
)
def test_a_base_image_that_cannot_be_had_is_something_missing(instruction, reason, hint):
    with pytest.raises(BaseImageError) as caught:
        list(read_events([*stream(f"Step 1/2 : {instruction}"), {"error": reason}]))

    assert caught.value.exit_code == 3
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("place", ["the error", "the log"])
def test_a_full_disk_is_known_wherever_it_is_said(place):
    full = "write /x: no space left on device"
    said = stream("Step 1/1 : RUN pip install x", f"{full if place == 'the log' else ''}\n")

    with pytest.raises(BuildError) as caught:
        list(read_events([*said, {"error": full if place == "the error" else "non-zero code: 1"}]))

    assert "prune" in str(caught.value.hint)


def test_a_file_that_the_ignore_file_leaves_out_comes_with_what_takes_it_along():
    reason = "COPY failed: file not found in build context or excluded by .dockerignore: stat data: file does not exist"

    with pytest.raises(BuildError) as caught:
        list(read_events([*stream("Step 1/1 : COPY data ./"), {"error": reason}]))

    assert "a line !NAME takes it along" in str(caught.value.hint)


def test_a_stream_that_ends_without_an_image_is_no_success():
    with pytest.raises(BuildError, match="the engine hung up"):
        list(read_events(stream("Step 1/2 : FROM base")))
