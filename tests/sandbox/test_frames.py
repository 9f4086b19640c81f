"""A result is read strictly: whoever sent it is not trusted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openenv.sandbox.frames import HEADER, FrameError, Result, pack_result, result_length, unpack_result

LIMIT = 100
TEXT = st.none() | st.text(max_size=LIMIT // 4, alphabet=st.characters(exclude_categories=["Cs"]))


@given(st.builds(Result, st.integers(-(2**31), 2**31 - 1), TEXT, TEXT.filter(lambda text: text != ""), st.booleans()))
def test_a_result_arrives_as_it_was_sent(result):
    frame = pack_result(result, LIMIT)

    assert result_length(frame[: HEADER.size], LIMIT) == len(frame) - HEADER.size
    assert unpack_result(frame[HEADER.size :]) == result


@given(st.text())
def test_a_text_is_cut_to_the_limit(text):
    frame = pack_result(Result(0, text * 50), LIMIT)

    assert result_length(frame[: HEADER.size], LIMIT) <= len(frame)
    result = unpack_result(frame[HEADER.size :])
    assert result.truncated == (len((text * 50).encode(errors="backslashreplace")) > LIMIT)


@given(st.binary(min_size=HEADER.size, max_size=3 * LIMIT))
def test_anything_else_is_refused_or_harmless(data):
    try:
        result_length(data[: HEADER.size], LIMIT)
        result = unpack_result(data[HEADER.size :].ljust(14, b"\0"))
    except FrameError:
        return
    assert isinstance(result.exit_code, int)


@pytest.mark.parametrize("length", [0, 13, 14 + 2 * LIMIT + 1, 2**32 - 1])
def test_no_result_has_such_a_length(length):
    with pytest.raises(FrameError, match=f"a result of {length} bytes"):
        result_length(HEADER.pack(length), LIMIT)


def test_an_exit_code_that_no_process_has_is_a_failure():
    assert unpack_result(pack_result(Result(10**30), LIMIT)[HEADER.size :]).exit_code == 1
