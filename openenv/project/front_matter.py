"""The front matter of a README: the YAML at its head, which tells the Hub what a Space is. Pure."""

from __future__ import annotations

from openenv.project.yaml_document import Problem, YamlDocument, YamlError, read_yaml

README_NAME = "README.md"
_FENCE = "---"


def read_front_matter(text: str) -> YamlDocument | None:
    """Read the front matter of a README.

    Args:
        text: The whole README.

    Returns:
        What it says, at the lines of the README; ``None`` where it has none.

    Raises:
        YamlError: It has no end, or is no YAML mapping.
    """
    first, *lines = text.removeprefix("\ufeff").splitlines() or [""]
    if first.rstrip() != _FENCE:
        return None
    end = next((number for number, line in enumerate(lines) if line.rstrip() == _FENCE), None)
    if end is None:
        raise YamlError([Problem(1, 1, "the front matter has no end", f"add a line {_FENCE} below it")])
    # An empty line in place of the fence keeps the numbers of the lines.
    document = read_yaml("\n".join(["", *lines[:end]]) + "\n")
    if not isinstance(document.value, dict):
        raise YamlError([Problem(1, 1, "the front matter is no mapping of keys to values", "begin with title: …")])
    return document
