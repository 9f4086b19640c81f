"""The environment variables of a process that runs a stranger's code."""

from __future__ import annotations

import os

_OURS = {
    *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"),  # where this interpreter looks, not another one
    *("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),  # who the user is
    "OPENENV_API_KEY",  # of servers that the user runs, or plays on
}


def for_strangers() -> dict[str, str]:
    """Take over the variables of this process, without those that are of its own interpreter or its user's alone."""
    return {name: value for name, value in os.environ.items() if name not in _OURS}
