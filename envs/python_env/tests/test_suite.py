"""Tests are taken apart so that what is expected stays with the server."""

from textwrap import dedent

import pytest

from python_env.server.suite import Case, Raises, Returns, SuiteError, read_suite


def read(source: str) -> tuple[Case, ...]:
    return read_suite(dedent(source))


def test_parts_what_is_run_from_what_is_expected() -> None:
    (case,) = read(
        """
        def test_doubles():
            number = 4
            assert double(number) == 8
            with raises(TypeError):
                double(None)
        """
    )

    assert case.name == "doubles"
    assert case.expectations == (Returns("double(number)", 8), Raises("double(None)", "TypeError"))
    assert case.script == "number = 4\nobserve(double(number))\nwith raising():\n    double(None)"


def test_imports_come_before_each_test() -> None:
    one, other = read(
        """
        from math import pi

        def test_one():
            assert f(pi) is True

        def test_other():
            assert g(pi) is None
        """
    )

    assert one.script == "from math import pi\nobserve(f(pi))"
    assert other.expectations == (Returns("g(pi)", None),)


def test_an_expected_error_may_have_a_dotted_name() -> None:
    (case,) = read("def test_it():\n    with raises(json.JSONDecodeError):\n        f()")

    assert case.expectations == (Raises("f()", "JSONDecodeError"),)


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("def test_it():\n    assert f() == g()", 2, "must be a plain value, not g"),
        ("def test_it():\n    assert f()", 2, "not of the form"),
        ("def test_it():\n    assert f() != 3", 2, "not of the form"),
        ("def test_it():\n    assert f() == True", 2, "not of the form"),
        ("def test_it():\n    assert f() is 3", 2, "not of the form"),
        ("def test_it():\n    for n in (1, 2):\n        assert f(n) == 1", 3, "in the test itself"),
        ("def test_it():\n    with open('x'):\n        f()", 2, "not of the form"),
        ("def test_it():\n    with raises(ValueError):\n        assert f() == 1", 3, "in the test itself"),
        ("def test_it():\n    f()", 1, "expects nothing"),
        ("def test_it(n):\n    assert f(n) == 1", 1, "takes no arguments"),
        ("def check():\n    assert f() == 1", 1, "is called test_"),
        ("x = 1", 1, "only imports and test functions"),
        ("def test_it(:", 1, "not Python"),
        ("def test_a():\n    assert f() == 1\ndef test_a():\n    assert f() == 2", 3, "another test is called test_a"),
    ],
)
def test_says_what_is_no_test_and_where(source: str, line: int, message: str) -> None:
    with pytest.raises(SuiteError, match=message) as caught:
        read_suite(source)

    assert caught.value.line == line
