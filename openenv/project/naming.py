"""What an environment may be called: one set of rules for projects that are made and projects that are checked."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from collections.abc import Callable
from itertools import chain, count

MAX_LENGTH = 64
ENDINGS = ("env", "environment")
"""What the name of an environment may end with without being named after it."""

_USUAL = "my-env"
_NAME = re.compile(r"[a-z](?:[-_]?[a-z0-9])*")
_YAML_WORDS = {"false", "no", "null", "off", "on", "true", "yes"}
_FOLDERS = {"build", "dist", "env", "environment", "server", "tests", "venv", "wheels"}
_STANDARD = {*sys.stdlib_module_names, "test"}  # which Python leaves out of its own list
_PACKAGES = {
    # the runtime, and what it needs
    *("openenv", "openenv_cli", "openenv_core", "openenv_kit"),
    *("docker", "fastapi", "httpx2", "huggingface_hub", "jinja2", "jsonschema", "pathspec", "pydantic", "rich"),
    *("starlette", "tomli", "typer", "typing_extensions", "uvicorn", "uvloop", "websockets", "yaml"),
    # what environments, their tests and trainers usually import beside it
    *("anyio", "click", "datasets", "gymnasium", "httpx", "jax", "numpy", "openai", "pandas", "pip", "pytest"),
    *("requests", "scipy", "setuptools", "tensorflow", "torch", "transformers", "trl"),
}


def shadowing(package: str) -> str | None:
    """Say why a package of this name could not be imported, or would hide another.

    Args:
        package: The name of a Python package.

    Returns:
        The end of a sentence that begins with the name, or ``None`` where nothing is against it.
    """
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        return "is a word of Python itself"
    if package in _STANDARD:
        return "is a module of Python's standard library"
    if package in _PACKAGES:
        return "is a package that environments need"
    return None


def objection(name: str, is_installed: Callable[[str], bool] = lambda package: False) -> str | None:
    """Say why a new environment cannot have this name.

    Args:
        name: The name.
        is_installed: Whether there is a package of a name already.

    Returns:
        The end of a sentence that begins with the name, or ``None`` where nothing is against it.
    """
    package = name.replace("-", "_")
    if not _NAME.fullmatch(name):
        return "is not a name: small letters a to z, digits, single - or _ between them, a letter first"
    if len(name) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    if name in _YAML_WORDS:
        return "is no text in YAML but a value of its own"
    if package in _FOLDERS:
        return "is a folder that projects use for something else"
    return shadowing(package) or ("is a package that is installed here" if is_installed(package) else None)


def suggest(text: str, is_installed: Callable[[str], bool] = lambda package: False) -> str:
    """Find a name that can be used, as near to the given one as can be.

    Args:
        text: Anything at all. Of a path, the last part counts.
        is_installed: Whether there is a package of a name already.

    Returns:
        A name to which there is no objection.
    """
    last = re.split(r"[/\\]", text.rstrip("/\\"))[-1]
    latin = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", latin)
    name = re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-")
    if name[:1].isdigit():
        name = f"env-{name}"
    name = name[: MAX_LENGTH - len("-env-999")].rstrip("-")
    if not name or name in ENDINGS:
        name = _USUAL
    candidates = chain([name, f"{name}-env"], (f"{name}-env-{number}" for number in count(2)))
    return next(one for one in candidates if objection(one, is_installed) is None)
