"""The YAML at the head of a README."""

from __future__ import annotations

import pytest

from openenv.project.front_matter import read_front_matter
from openenv.project.yaml_document import Position, YamlError


def test_keys_stand_at_the_lines_of_the_readme() -> None:
    document = read_front_matter("---\ntitle: X\nsdk: docker\n---\n# X\n---\n")
    assert document is not None
    assert document.value == {"title": "X", "sdk": "docker"}
    assert document.values[("sdk",)] == Position(3, 6)


@pytest.mark.parametrize("text", ["", "# X\n", "\n---\ntitle: X\n---\n"])
def test_a_readme_without_one(text: str) -> None:
    assert read_front_matter(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\ntitle: X\n", "1:1: the front matter has no end"),
        ("---\n- a\n---\n", "1:1: the front matter is no mapping of keys to values"),
        ("---\n---\n", "1:1: the front matter is no mapping of keys to values"),
        ("---\na: [\n---\n", "3:1: "),
    ],
)
def test_one_that_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(YamlError) as raised:
        read_front_matter(text)
    assert str(raised.value).startswith(said)
