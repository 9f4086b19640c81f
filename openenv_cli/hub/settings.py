"""What a Space is set to beside its files: who sees it, what it runs on, its variables and secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openenv.project.secrets import find_secrets
from openenv_cli.errors import UsageError

NEVER = -1
"""The sleep time of a Space that does not sleep."""

FREE_HARDWARE = "cpu-basic"
"""What a Space runs on where nothing else is asked for; it sleeps after two days, whatever is set."""

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HARDWARE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Settings:
    """Settings of a Space; what is ``None`` stays as it is.

    Attributes:
        private: Whether only its owner sees it.
        hardware: What it runs on, by the Hub's name.
        sleep_time: After how many seconds without a visit it sleeps; ``NEVER`` for never.
        variables: Variables that everybody can read.
        secrets: Variables that nobody can read again.
    """

    private: bool | None = None
    hardware: str | None = None
    sleep_time: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def restarts(self) -> bool:
        """Whether the Hub starts a Space anew where they change."""
        return bool(self.hardware or self.variables or self.secrets)

    def as_json(self) -> dict[str, Any]:
        """Lay them out as JSON values, secrets by their names."""
        return {
            "private": self.private,
            "hardware": self.hardware,
            "sleep_time": self.sleep_time,
            "variables": dict(self.variables),
            "secrets": list(self.secrets),
        }

    def __str__(self) -> str:
        """Say them in one line, secrets by their names."""
        return ", ".join(self._told())

    def _told(self) -> Iterator[str]:
        if self.private is not None:
            yield "private" if self.private else "public"
        if self.hardware is not None:
            yield f"on {self.hardware}"
        if self.sleep_time is not None:
            yield "never sleeping" if self.sleep_time == NEVER else f"sleeping after {self.sleep_time} s"
        if self.variables:
            yield f"variables {', '.join(self.variables)}"
        if self.secrets:
            yield f"secrets {', '.join(self.secrets)}"


def read_settings(
    private: bool | None,
    hardware: str | None,
    sleep_time: int | None,
    variables: Mapping[str, str],
    secrets: Mapping[str, str],
) -> Settings:
    """Check what a Space is to be set to, as far as that can be done here.

    Args:
        private: Whether only its owner sees it.
        hardware: What it runs on.
        sleep_time: After how many seconds it sleeps.
        variables: Its variables.
        secrets: Its secrets.

    Returns:
        The settings.

    Raises:
        UsageError: The Hub would refuse them, or a variable holds a secret.
    """
    if hardware is not None and not _HARDWARE.fullmatch(hardware):
        raise UsageError(f"--hardware: '{hardware}' names none", hint=f"{FREE_HARDWARE} or t4-small, for example")
    if sleep_time is not None and sleep_time != NEVER and sleep_time <= 0:
        raise UsageError(f"--sleep-time: {sleep_time} is no time", hint=f"seconds, or {NEVER} for never")
    for key, value in variables.items():
        if key in secrets:
            raise UsageError(f"{key} is a variable and a secret", hint="name it once")
        if found := find_secrets(key, value.encode()):
            hint = f"variables are public: set it with --secret {key}"
            raise UsageError(f"the variable {key} holds {found[0].kind}", hint=hint)
    for key in (*variables, *secrets):
        if not _KEY.fullmatch(key):
            raise UsageError(f"'{key}' is no name of a variable", hint="ASCII letters, digits and _, no digit first")
    settings = Settings(private, hardware, sleep_time, dict(variables), dict(secrets))
    require_effect(Settings(), settings)
    return settings


def require_effect(now: Settings | None, wanted: Settings) -> None:
    """Refuse a sleep time where the Hub heeds none.

    Args:
        now: How a Space is set; ``None`` where it is to be made.
        wanted: What it is to be set to.

    Raises:
        UsageError: It would be on free hardware.
    """
    hardware = wanted.hardware or (FREE_HARDWARE if now is None else now.hardware)
    if wanted.sleep_time is not None and hardware == FREE_HARDWARE:
        hint = "it sleeps after two days without a visit; --hardware names another"
        raise UsageError(f"--sleep-time has no effect on {FREE_HARDWARE}", hint=hint)


def read_variables(given: Sequence[str]) -> dict[str, str]:
    """Split variables at the first ``=``.

    Args:
        given: What stands after each ``-e``.

    Returns:
        Names and values.

    Raises:
        UsageError: One is not of the form NAME=VALUE.
    """
    variables = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals:
            raise UsageError(f"-e: '{one}' is not of the form NAME=VALUE", hint="-e LOG_LEVEL=debug")
        variables[key] = value
    return variables


def read_secrets(given: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Read secrets; the value of one without ``=`` is that of the variable of the same name here.

    Args:
        given: What stands after each ``--secret``.
        environment: The variables of this process.

    Returns:
        Names and values.

    Raises:
        UsageError: There is no such variable here, or it is empty; values are never repeated.
    """
    secrets = {}
    for one in given:
        key, equals, value = one.partition("=")
        value = value if equals else environment.get(key, "")
        if not value:
            told = "an empty value" if equals else f"no value, and {key} is not set here"
            raise UsageError(f"--secret {key}: it has {told}", hint=f"export {key}=…, or --secret {key}=…")
        secrets[key] = value
    return secrets


def for_creation(settings: Settings) -> dict[str, Any]:
    """Lay settings out as the arguments with which a Space is made.

    Args:
        settings: The settings.

    Returns:
        Arguments of ``create_repo``.
    """
    return {
        "private": settings.private,
        "space_hardware": settings.hardware,
        "space_sleep_time": settings.sleep_time,
        "space_variables": [{"key": key, "value": value} for key, value in settings.variables.items()] or None,
        "space_secrets": [{"key": key, "value": value} for key, value in settings.secrets.items()] or None,
    }


def difference(now: Settings, wanted: Settings) -> Settings:
    """Say what has to be changed for a Space to be set as wanted.

    Args:
        now: How it is set; nobody knows its secrets.
        wanted: How it is to be set.

    Returns:
        What differs, and every secret.
    """
    return Settings(
        private=None if wanted.private == now.private else wanted.private,
        hardware=None if wanted.hardware == now.hardware else wanted.hardware,
        sleep_time=None if wanted.sleep_time == now.sleep_time else wanted.sleep_time,
        variables={key: value for key, value in wanted.variables.items() if now.variables.get(key) != value},
        secrets=wanted.secrets,
    )
