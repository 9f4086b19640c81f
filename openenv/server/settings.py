"""What can be set about a server, in code or by its operator."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from openenv.errors import ConcurrencyConfigurationError, ConfigurationError
from openenv.sessions.blueprint import Blueprint, traits_of
from openenv.sessions.service import Place, ServiceSettings
from openenv.sessions.session import Deadlines
from openenv.sessions.store import Limits

DEFAULT_DEADLINE_S = 300.0
DEFAULT_CONCURRENCY = 64

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Origins = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: [one.strip() for one in value.split(",")] if isinstance(value, str) else value),
]


class ServerSettings(BaseModel):
    """Settings of one server. Each can be overridden by ``OPENENV_`` and its name in capitals.

    Attributes:
        max_sessions: How many sessions there may be; 64 where they can live side by side, else 1.
        isolation: ``thread`` or ``process``; left out, asynchronous and ``INLINE`` environments run in
            the event loop and others in a thread for each session.
        api_key: What a client must know to be served.
        allowed_origins: Web pages that may connect, as ``https://host``.
        reset_timeout_s: How long making or resetting an environment may take, in seconds.
        step_timeout_s: How long a step may take, in seconds.
        close_timeout_s: How long closing an environment may take, in seconds.
        resume_window_s: How long a session whose connection dropped is kept, in seconds.
        idle_timeout_s: How long an unused session is kept, in seconds.
        drain_timeout_s: How long episodes in progress may go on at shutdown, in seconds.
        memory_limit_mb: How much memory an environment's process may use, in MiB.
        debug: Whether clients may read the text of an environment's exceptions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_sessions: Annotated[int, Field(ge=1)] | None = None
    isolation: Literal["thread", "process"] | None = None
    api_key: Annotated[str, Field(min_length=1)] | None = Field(default=None, repr=False)
    allowed_origins: Origins = ()
    reset_timeout_s: Seconds | None = None
    step_timeout_s: Seconds | None = None
    close_timeout_s: Seconds = 10.0
    resume_window_s: Seconds = 60.0
    idle_timeout_s: Seconds = 900.0
    drain_timeout_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 30.0
    memory_limit_mb: Annotated[int, Field(ge=64)] | None = None
    debug: bool = False

    def with_environment(self, environ: Mapping[str, str] = os.environ) -> ServerSettings:
        """Let an operator's variables win over what the code says.

        Args:
            environ: The variables.

        Returns:
            The settings in force.

        Raises:
            ConfigurationError: A variable has a value that cannot be used.
        """
        names = {f"OPENENV_{name.upper()}": name for name in type(self).model_fields}
        given = {name: environ[variable] for variable, name in names.items() if environ.get(variable)}
        try:
            return type(self).model_validate({**self.model_dump(), **given})
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0])
            source = f"OPENENV_{name.upper()}" if name in given else name
            raise ConfigurationError(f"{source}: {problem['msg']}, got {problem['input']!r}") from None

    def for_service(self, blueprint: Blueprint) -> ServiceSettings:
        """Decide how sessions of an environment are run.

        Args:
            blueprint: The environment.

        Returns:
            Settings of the session service.

        Raises:
            ConfigurationError: They contradict the environment.
        """
        place = self._place(blueprint)
        sessions = self._concurrency(blueprint, place)
        if place == "process":
            blueprint.require_importable()
        elif self.memory_limit_mb is not None:
            raise ConfigurationError("memory_limit_mb needs isolation='process': threads share their memory")
        return ServiceSettings(
            place=place,
            limits=Limits(
                max_sessions=sessions,
                queue_size=4 * sessions,
                resume_window_s=self.resume_window_s,
                idle_timeout_s=self.idle_timeout_s,
            ),
            deadlines=self._deadlines(blueprint, place),
            memory_limit_mb=self.memory_limit_mb,
        )

    def _place(self, blueprint: Blueprint) -> Place:
        if self.isolation is not None:
            return self.isolation
        kind = blueprint.environment_type
        if kind is None:
            return "thread"
        return "inline" if getattr(kind, "INLINE", False) or _asynchronous(kind) else "thread"

    def _concurrency(self, blueprint: Blueprint, place: Place) -> int:
        kind: Any = blueprint.environment_type
        side_by_side = place == "process" or bool(getattr(kind, "SUPPORTS_CONCURRENT_SESSIONS", False))
        if self.max_sessions is None:
            return DEFAULT_CONCURRENCY if side_by_side else 1
        if self.max_sessions > 1 and not side_by_side:
            raise ConcurrencyConfigurationError(
                f"{blueprint.name} does not support {self.max_sessions} concurrent sessions",
                hint="set SUPPORTS_CONCURRENT_SESSIONS = True on its class if instances share nothing, "
                "or serve it with isolation='process'",
            )
        return self.max_sessions

    def _deadlines(self, blueprint: Blueprint, place: Place) -> Deadlines:
        kind = blueprint.environment_type
        if place == "inline" and kind is not None and not _asynchronous(kind):
            if self.reset_timeout_s is not None or self.step_timeout_s is not None:
                raise ConfigurationError(
                    f"{blueprint.name} runs inline, where a step cannot be interrupted, so it takes no deadline",
                    hint="remove reset_timeout_s and step_timeout_s, or set isolation to 'thread' or 'process'",
                )
            return Deadlines(None, None, self.close_timeout_s)
        reset_s, step_s = self.reset_timeout_s or DEFAULT_DEADLINE_S, self.step_timeout_s or DEFAULT_DEADLINE_S
        return Deadlines(reset_s, step_s, self.close_timeout_s)


def _asynchronous(kind: type) -> bool:
    return traits_of(kind).asynchronous
