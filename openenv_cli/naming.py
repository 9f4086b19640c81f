"""What a package and its classes are called after an environment."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from importlib.machinery import PathFinder

from openenv.project.naming import ENDINGS, objection, suggest
from openenv_cli.errors import UsageError


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
        if len(words) > 1 and words[-1] in ENDINGS:
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
        NameRefusedError: It cannot be a name, or would hide a package that is installed; the hint says what could.
    """
    reason = objection(text, is_installed)
    if reason:
        suggestion = suggest(text, is_installed)
        raise NameRefusedError(f"'{text}' {reason}", {"suggestion": suggestion}, hint=f"{suggestion} would do")
    return Names(text.replace("_", "-"))


def is_installed(package: str) -> bool:
    """Say whether a package is installed here that is no environment: one of these may be made anew."""
    folders = [sysconfig.get_path(name) for name in ("purelib", "platlib")]
    if PathFinder.find_spec(package, folders) is None:
        return False
    from openenv.discovery.packages import installed_environments  # takes a moment: only where there is a package

    return all(environment.package != package for environment in installed_environments())
