"""What an environment may be called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches


def key_of(name: str) -> str:
    """Reduce a name to what it has in common with its other spellings.

    ``coding``, ``coding-env``, ``coding_env`` and ``openenv-coding-env`` are all ``coding``.
    """
    plain = re.sub(r"[-_.]+", "_", name.strip().lower())
    plain = plain.removeprefix("openenv_")
    return plain.removesuffix("_env") or plain


def class_name_of(name: str, suffix: str) -> str:
    """Say what a class of an environment is called by convention: ``my-env`` has ``MyEnv`` and ``MyAction``."""
    return "".join(part.capitalize() for part in key_of(name).split("_")) + suffix


def near(name: str, known: Iterable[str]) -> list[str]:
    """Find the known names that somebody may have meant."""
    keys = {key_of(each): each for each in known}
    wanted = key_of(name)
    alike = get_close_matches(wanted, keys, n=3, cutoff=0.6)
    return [keys[key] for key in dict.fromkeys([*alike, *(key for key in keys if wanted in key or key in wanted)])]
