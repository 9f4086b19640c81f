"""The front matter of a Space: completed, and otherwise left as its author wrote it."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openenv.project.manifest import Manifest
from openenv_cli.hub.front_matter import FrontMatterError, complete

MANIFEST = Manifest(name="my_env", port=8000, description="Says back what it is told.")

WHOLE = """\
---
title: Mine  # not theirs
emoji: "🔁"

sdk: docker
app_port: 8000
base_path: /docs
tags:
  - openenv
---

# Mine
"""


def head(text):
    return yaml.safe_load(text.split("---")[1])


def test_what_is_whole_is_not_touched():
    readme = complete(WHOLE, MANIFEST)

    assert readme.text == WHOLE
    assert readme.changes == ()


def test_a_project_without_a_readme_gets_one():
    readme = complete(None, MANIFEST)

    assert head(readme.text) == {
        "title": "My Env",
        "sdk": "docker",
        "app_port": 8000,
        "base_path": "/docs",
        "tags": ["openenv"],
    }
    assert readme.text.endswith("---\n\n# My Env\n\nSays back what it is told.\n")
    assert readme.front_matter.startswith("title: My Env\nsdk: docker")


def test_a_readme_without_front_matter_keeps_its_text():
    readme = complete("# Mine\n\n---\n\nmore\n", MANIFEST)

    assert readme.text.startswith("---\ntitle: My Env\n")
    assert readme.text.endswith("---\n\n# Mine\n\n---\n\nmore\n")


def test_only_what_is_missing_is_added_below_the_rest():
    text = "---\ntitle: Mine   # a remark\nemoji: 🎲\n# the end\n---\n# Mine\n"

    readme = complete(text, MANIFEST)

    added = "sdk: docker\napp_port: 8000\nbase_path: /docs\ntags:\n- openenv\n"
    assert readme.text == text.replace("# the end\n", f"# the end\n{added}")
    assert readme.changes == ("sdk: docker", "app_port: 8000", "base_path: /docs", "the tag openenv")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sdk: gradio  # for now", "sdk: docker  # for now"),
        ('sdk: "gradio"', "sdk: docker"),
        ("sdk:", "sdk: docker"),
        ("sdk: docker\ntags: []", "sdk: docker\ntags: [openenv]"),
        ("sdk: docker\ntags: [a, 'b']  # ours", "sdk: docker\ntags: [a, 'b', openenv]  # ours"),
        ("sdk: docker\ntags: [a, ]", "sdk: docker\ntags: [a, openenv]"),
        ("sdk: docker\ntags: games", "sdk: docker\ntags: [games, openenv]"),
        ("sdk: docker\ntags:", "sdk: docker\ntags: [openenv]"),
        ("sdk: docker\ntags:\n    - a # one\n    - b", "sdk: docker\ntags:\n    - a # one\n    - b\n    - openenv"),
        ("sdk: docker\ntags:\n- a\n# remark\ntitle: Mine", "sdk: docker\ntags:\n- a\n- openenv\n# remark\ntitle: Mine"),
    ],
)
def test_what_is_wrong_is_changed_where_it_stands(before, after):
    rest = "app_port: 8000\nbase_path: /docs\n"
    tags = "" if "tags" in before else "tags:\n- openenv\n"

    readme = complete(f"---\n{rest}{before}\n---\n", MANIFEST)

    assert readme.text == f"---\n{rest}{after}\n{tags}---\n"


def test_another_kind_of_space_is_said_to_be_replaced():
    assert "sdk: docker instead of gradio" in complete("---\nsdk: gradio\n---\n", MANIFEST).changes


def test_what_the_author_chose_stays_even_where_the_manifest_differs():
    text = WHOLE.replace("8000", "7860").replace("/docs", "/web")

    readme = complete(text, MANIFEST)

    assert readme.text == text
    assert readme.app_port == 7860


def test_line_ends_stay_what_they_are():
    readme = complete("---\r\ntitle: Mine\r\n---\r\n# Mine\r\n", MANIFEST)

    assert "\r\nsdk: docker\r\n" in readme.text
    assert readme.text.count("\n") == readme.text.count("\r\n")


def test_a_mapping_in_braces_is_written_anew():
    readme = complete("---\n{title: Mine, sdk: static}\n---\n", MANIFEST)

    assert head(readme.text)["title"] == "Mine"
    assert head(readme.text)["sdk"] == "docker"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ntitle: Mine\n# Mine\n", r"README.md:1:1: the front matter has no end"),
        ("---\ntitle: Mine\nsdk: [\n---\n", r"README.md:\d:\d+: not YAML"),
        ("---\n- a\n---\n", r"README.md:1:1: the front matter is no mapping"),
        ("---\nsdk: docker\nsdk: static\n---\n", r"README.md:3:1: the key 'sdk' is there twice"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, message):
    with pytest.raises(FrontMatterError, match=message):
        complete(text, MANIFEST)


KEYS = ["title", "emoji", "sdk", "app_port", "base_path", "tags", "x"]
SCALARS = st.text("abc :#-'\"[]{}\n\t\\é", max_size=8) | st.integers() | st.booleans() | st.none()


@given(st.dictionaries(st.sampled_from(KEYS), SCALARS | st.lists(SCALARS)), st.booleans())
def test_any_front_matter_says_what_it_said_before_and_what_a_space_needs(content, flow):
    written = yaml.safe_dump(content, default_flow_style=flow, sort_keys=False)

    readme = complete(f"---\n{written}---\nrest\n", MANIFEST)

    after = yaml.safe_load(readme.front_matter)
    assert after["sdk"] == "docker"
    assert "openenv" in after["tags"]
    for key, value in content.items():
        assert value is None or key in ("sdk", "tags") or after[key] == value
    assert readme.text.endswith("---\nrest\n")
    assert complete(readme.text, MANIFEST).text == readme.text
