"""Write ``docs/cli.md`` from the commands themselves: ``python scripts/cli_reference.py``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cli.md"
WIDTH = 100

_INTRODUCTION = """\
# Command line

One command, `openenv`, with a subcommand for each step in the life of an environment. This page is made from
the commands' own help by `scripts/cli_reference.py`.

Results go to stdout, everything else to stderr. An error is one line that begins with `error:`, and where there
is something to do about it, a line that begins with `hint:`. `--debug`, `--quiet` and `--no-color` may stand before
the subcommand or after it.

With `--json`, stdout holds one JSON document and nothing else. Where the command fails, it is this one, beside the
same lines on stderr; `hint` may be `null`:

```json
{
  "error": {
    "type": "UsageError",
    "message": "no name is given",
    "hint": "openenv init my-env"
  }
}
```

Colour and bold text appear on a terminal only, and not where `NO_COLOR` is set to anything or `TERM` is `dumb`.
Ctrl-C ends every command with one line and exit code 130; a server that it stops has done what was asked, and ends
with 0.
"""


def reference() -> str:
    """Render the page.

    Returns:
        It as Markdown.
    """
    sys.path.insert(0, str(ROOT))
    from openenv_cli.main import COMMANDS, cli, load

    whole = cli.context_class(cli, info_name="openenv", terminal_width=WIDTH, **cli.context_settings)
    parts = [_INTRODUCTION, _section("openenv", cli.get_help(whole))]
    for name in COMMANDS:
        command = load(name)
        context = command.context_class(command, info_name=name, parent=whole, **command.context_settings)
        parts.append(_section(f"openenv {name}", command.get_help(context)))
    return "\n".join(parts)


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n```\n{text.strip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
