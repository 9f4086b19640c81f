"""What an environment may be called, and what its package and classes are called then."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from dataclasses import dataclass

from openenv_cli.errors import UsageError

MAX_LENGTH = 64

_NAME = re.compile(r"[a-z](?:[-_]?[a-z0-9])*")
_ENDINGS = ("env", "environment")
_YAML_WORDS = {"false", "no", "null", "off", "on", "true", "yes"}
_FOLDERS = {"build", "dist", "env", "environment", "server", "tests", "venv", "wheels"}
_PACKAGES = {
    *("docker", "fastapi", "huggingface_hub", "jinja2", "openenv", "openenv_cli", "openenv_kit", "pip", "pydantic"),
    *("pytest", "rich", "starlette", "typer", "uvicorn", "websockets", "yaml"),
}


class NameRefusedError(UsageError):
    """The name cannot be used; ``data["suggestion"]`` is one that can."""


@dataclass(frozen=True)
class Names:
    """Everything that is named after an environment.

    Attributes:
        name: The environment: ``my-env``.
    """

    name: str

    @property
    def package(self) -> str:
        """The Python package: ``my_env``."""
        return self.name.replace("-", "_")

    @property
    def title(self) -> str:
        """The name for people: ``My Env``."""
        return " ".join(word.capitalize() for word in self.name.split("-"))

    @property
    def stem(self) -> str:
        """What the classes' names begin with: ``My``."""
        words = self.name.split("-")
        if len(words) > 1 and words[-1] in _ENDINGS:
            words.pop()
        return "".join(word.capitalize() for word in words)

    @property
    def action(self) -> str:
        """The class of its actions: ``MyAction``."""
        return f"{self.stem}Action"

    @property
    def observation(self) -> str:
        """The class of its observations: ``MyObservation``."""
        return f"{self.stem}Observation"

    @property
    def state(self) -> str:
        """The class of its states, where it has its own: ``MyState``."""
        return f"{self.stem}State"

    @property
    def environment(self) -> str:
        """The environment's class: ``MyEnvironment``."""
        return f"{self.stem}Environment"

    @property
    def client(self) -> str:
        """Its client's class: ``MyEnv``."""
        return f"{self.stem}Env"


def names_for(text: str) -> Names:
    """Name everything after an environment.

    Args:
        text: The name as given: ``my-env`` or ``my_env``.

    Returns:
        The names.

    Raises:
        NameRefusedError: It cannot be a name; the hint says what could.
    """
    reason = _objection(text)
    if reason:
        suggestion = suggest(text)
        raise NameRefusedError(f"'{text}' {reason}", {"suggestion": suggestion}, hint=f"{suggestion} would do")
    return Names(text.replace("_", "-"))


def suggest(text: str) -> str:
    """Find a name that can be used, as near to the given one as can be.

    Args:
        text: Anything at all. Of a path, the last part counts.

    Returns:
        A name that ``names_for`` takes.
    """
    last = re.split(r"[/\\]", text.rstrip("/\\"))[-1]
    latin = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", latin)
    name = re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-")
    if name[:1].isdigit():
        name = f"env-{name}"
    name = name[: MAX_LENGTH - len("-env")].rstrip("-")
    if name and _objection(name):
        name = "my-env" if name in _ENDINGS else f"{name}-env"
    return name or "my-env"


def _objection(text: str) -> str | None:
    """Say why this cannot be a name, as the end of a sentence that begins with it."""
    package = text.replace("-", "_")
    if not _NAME.fullmatch(text):
        return "is not a name: small letters a to z, digits, single - or _ between them, a letter first"
    if len(text) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        return "is a word of Python itself"
    if text in _YAML_WORDS:
        return "is no text in YAML but a value of its own"
    if package in sys.stdlib_module_names:
        return "is a module of Python's standard library"
    if package in _PACKAGES:
        return "is a package that environments need"
    if package in _FOLDERS:
        return "is a folder that projects use for something else"
    return None
