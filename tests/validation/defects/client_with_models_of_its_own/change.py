"""The client has a copy of the action in which a field is called otherwise."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    client = project / "my_env" / "client.py"
    replace(
        client, "import MyAction, MyObservation\n", "import MyObservation\n\n\nclass MyAction(Action):\n    text: str\n"
    )
    replace(client, "import EnvClient, State", "import Action, EnvClient, State")
