"""A Dockerfile as its instructions and stages."""

from __future__ import annotations

import pytest

from openenv.project.dockerfile import DockerfileError, expand, read_instructions, read_stages


def test_stages_are_named_and_build_on_each_other() -> None:
    text = "ARG V=3\nFROM python:$V AS Base\nENV A=1 B='two words'\nFROM base\nENV C=$A-${D:-4}\nUSER me\n"
    base, last = read_stages(text)
    assert (base.base, base.name, base.line) == ("python:3", "base", 2)
    assert (last.base, last.name, last.parent) == ("base", None, base)
    assert [str(one) for one in last.all()] == ["ENV A=1 B='two words'", "ENV C=$A-${D:-4}", "USER me"]
    assert last.variables() == {"A": "1", "B": "two words", "C": "1-4"}


def test_instructions_have_the_arguments_of_the_build_and_the_image_does_not() -> None:
    text = "ARG U=me\nARG V=5\nFROM x\nARG U\nARG W=$U\nENV A=$W B=$V V=\nUSER $U\n"
    [stage] = read_stages(text)
    assert stage.variables() == {"A": "me", "B": "$V", "V": ""}
    assert stage.build_variables() == {"U": "me", "W": "me", "A": "me", "B": "$V", "V": ""}


def test_here_documents_are_no_instructions() -> None:
    two = "COPY <<-A <<'B' /\nFROM a\nA\nFROM b\nB\n"
    text = f"FROM x\nRUN <<EOF\nUSER nobody\nEOF\n{two}RUN cat <<<a $((1<<n))\nUSER me\n"
    assert [one.word for one in read_instructions(text)] == ["FROM", "RUN", "COPY", "RUN", "USER"]


def test_flags_stand_apart_from_arguments() -> None:
    [copy] = read_instructions('COPY --from=build --chown=1:1 ["a b", "c"]')
    assert copy.flags == {"from": "build", "chown": "1:1"}
    assert copy.arguments == ["a b", "c"]


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("ENV A=1 B=", [("A", "1"), ("B", "")]),
        ("ENV A the rest", [("A", "the rest")]),
        ("ARG A", [("A", "")]),
        ('ARG A="x y"', [("A", "x y")]),
        ("ENV A=x\\ y", [("A", "x\\ y")]),
    ],
)
def test_what_is_set(line: str, pairs: list[tuple[str, str]]) -> None:
    [one] = read_instructions(line)
    assert one.pairs() == pairs


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "it has no FROM"),
        ("\nRUN x\n", 2, "RUN stands before the first FROM"),
        ("FROM x\nCPOY a b\n", 2, "'CPOY' is no instruction"),
        ("FROM x\nCMD\n", 2, "CMD says nothing"),
        ("FROM x y\n", 1, "'FROM x y' is not FROM image, or FROM image AS name"),
    ],
)
def test_what_an_engine_would_refuse(text: str, line: int, said: str) -> None:
    with pytest.raises(DockerfileError) as raised:
        read_stages(text)
    assert (raised.value.line, str(raised.value)) == (line, said)


@pytest.mark.parametrize(
    ("text", "filled"), [("$A", "1"), ("${A}", "1"), ("${A:+x}", "x"), ("${B:-2}", "2"), ("${B:+x}", ""), ("$B", "$B")]
)
def test_variables_are_filled_in(text: str, filled: str) -> None:
    assert expand(text, {"A": "1"}) == filled
