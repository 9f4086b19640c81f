"""The examples in the README are run, the first one on a real server."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

from openenv.providers import ProcessProvider

PROJECT = Path(__file__).parents[1]
PLAY, LIMIT = re.findall(
    r"^```python\n(.*?)^```$", (PROJECT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
)


def test_the_example_plays() -> None:
    provider = ProcessProvider.for_project(PROJECT)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(PLAY.replace("http://localhost:8000", provider.start()), {})
    finally:
        provider.stop()

    assert printed.getvalue().splitlines() == [
        "half of it",
        " 21.0",
        "TypeError: unsupported operand type(s) for /: 'str' and 'int'",
    ]


def test_limits_and_a_reward_are_given_to_the_app() -> None:
    names: dict[str, Any] = {}
    exec(LIMIT, names)

    assert names["app"].title
